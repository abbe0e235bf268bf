import * as zlib from 'node:zlib';

/**
 * A request's body as it was before it was compressed.
 * @throws for an encoding that this Node does not know: zstd came with 22.15.
 */
export function unpack(body: Buffer, encoding: string | undefined): Buffer {
  switch (encoding) {
    case undefined:
    case 'identity':
      return body;
    case 'gzip':
      return zlib.gunzipSync(body);
    case 'deflate':
      return zlib.inflateSync(body);
    case 'br':
      return zlib.brotliDecompressSync(body);
    default:
      throw new Error(`The request is encoded as ${encoding}, which cannot be read here.`);
  }
}
