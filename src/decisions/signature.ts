import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { oneLine } from '../git/commit';
import type { Decision, Signature } from './decision';

/** What a signature of an answer covers: which question, in which version and repository, was answered how, when and by whom. */
export function statementOf(
  commonDir: string,
  {
    id,
    worktree,
    earlier,
    answer,
    answeredAt,
    answeredBy,
    answeredOn,
  }: Pick<Decision, 'id' | 'worktree' | 'earlier' | 'answer' | 'answeredAt' | 'answeredBy' | 'answeredOn'>,
): string {
  const parts = [commonDir, worktree, id, earlier, answer, answeredAt, answeredBy, answeredOn];
  return JSON.stringify(['belay answer 1', ...parts.map((part) => oneLine(String(part ?? '')))]);
}

/** A key to sign answers with (Ed25519), as PKCS#8 in PEM: the form in which it is kept secret. */
export function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The public half of a key. @throws when it is none. */
export function publicHalf(key: string): string {
  return createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' }).toString('base64');
}

export function signWith(key: string, statement: string): Signature {
  const value = sign(null, Buffer.from(statement, 'utf8'), createPrivateKey(key));
  return { key: publicHalf(key), value: value.toString('base64') };
}

/** Whether the key that a signature names has made it. Whose key that is, is another question. */
export function isSigned(statement: string, { key, value }: Signature): boolean {
  try {
    const of = createPublicKey({ key: Buffer.from(key, 'base64'), type: 'spki', format: 'der' });
    return (
      of.asymmetricKeyType === 'ed25519' &&
      verify(null, Buffer.from(statement, 'utf8'), of, Buffer.from(value, 'base64'))
    );
  } catch (thrown) {
    // What is no key has signed nothing; node:crypto says so with an error of its own.
    if (thrown instanceof Error && 'code' in thrown) {
      return false;
    }
    throw thrown;
  }
}
