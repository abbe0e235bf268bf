/** What is known of programs that run other programs, and of those that remove files. */

/** The name of a program without its folder. */
export function baseName(program: string): string {
  return program.replace(/^.*[/\\]/s, '').replace(/\.(?:exe|cmd|bat)$/i, '');
}

export const shells = /^(?:ba|z|da|k|mk|a|fi)?sh$/;
/** Programs that run code that is no shell's. */
export const interpreters =
  /^(?:(?:python|pypy|perl|ruby|node|nodejs|php|lua)[\d.]*|deno|bun|tsx|ts-node|jruby|osascript|powershell|pwsh|rscript|julia|groovy|elixir|tclsh|[gmn]?awk)$/i;

/** Options by which interpreters take code, alone or as the last of a cluster, by the interpreter's name. */
export function codeOption(program: string): RegExp {
  if (/^(?:python|pypy)/i.test(program)) {
    return /^-[a-zA-Z]*c$/;
  }
  if (/^p(?:owershell|wsh)$/i.test(program)) {
    return /^[-/](?:c|command)$/i;
  }
  return /^(?:-[a-zA-Z]*[eEpr]|--eval|--print|--run)$/;
}

/** Programs that run the one that their arguments name: their options that take a value, and how many words precede the program. */
export const wrappers: ReadonlyMap<string, { readonly values: RegExp; readonly before: number }> = new Map(
  Object.entries({
    sudo: [/^(?:-[a-zA-Z]*[CDghpRrTtUu]|--(?:user|group|chdir|host|prompt))$/, 0],
    doas: [/^-[uC]$/, 0],
    env: [/^(?:-[uC]|--(?:unset|chdir))$/, 0],
    command: [/^$/, 0],
    builtin: [/^$/, 0],
    exec: [/^-[a-z]*a$/, 0],
    nohup: [/^$/, 0],
    setsid: [/^$/, 0],
    time: [/^-[fo]$/, 0],
    nice: [/^(?:-n|--adjustment)$/, 0],
    ionice: [/^-[cnp]$/, 0],
    timeout: [/^(?:-[ks]|--(?:kill-after|signal))$/, 1],
    gtimeout: [/^-[ks]$/, 1],
    stdbuf: [/^-[ioe]$/, 0],
    unbuffer: [/^$/, 0],
    chrt: [/^$/, 1],
    taskset: [/^$/, 1],
    strace: [/^-[eopsPuE]$/, 0],
    caffeinate: [/^-[tw]$/, 0],
    watch: [/^(?:-n|--interval)$/, 0],
    flock: [/^(?:-[wE]|--timeout)$/, 1],
    script: [/^-[a-zA-Z]*[cIOBTmo]$/, 0],
    busybox: [/^$/, 0],
    noglob: [/^$/, 0],
    nocorrect: [/^$/, 0],
    winpty: [/^$/, 0],
    npx: [/^-(?:p|-package)$/, 0],
    bunx: [/^$/, 0],
    faketime: [/^$/, 1],
  } satisfies Record<string, [RegExp, number]>).map(([name, [values, before]]) => [name, { values, before }]),
);

/** Those whose words say only what is to run: `poetry run git reset`. */
export const runners =
  /^(?:poetry|uv|pipenv|pdm|rye|hatch|bundle|mise|rtx|asdf|direnv|nix|nix-shell|devbox|dotenv|op|doppler|conda|pixi|rtk)$/;

/** Programs that hand on what they read, more or less. */
export const handsOn =
  /^(?:cat|bat|tee|sponge|head|tail|sort|uniq|tr|sed|grep|egrep|fgrep|rg|pv|less|more|tac|awk|cut|unexpand|expand|fold)$/;

/** Programs that remove what they are given. */
export const removers =
  /^(?:rm|unlink|shred|srm|wipe|trash|trash-put|rimraf|del|del-cli|erase|rd|ri|remove-item|gio)$/i;
