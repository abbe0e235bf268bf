/** What a launcher runs: VS Code's own program as Node, and Belay's command line. */
export interface LauncherTargets {
  /** The program that runs the extensions; with ELECTRON_RUN_AS_NODE it is a Node. */
  readonly executable: string;
  /** The bundled command line. */
  readonly script: string;
}

const vanished =
  'belay: the command line or the VS Code that installed it is gone. Nothing was run. Open VS Code once, or run its command "Belay: Install Command Line" again.';

/**
 * The launcher for a POSIX shell. It runs where no `node` is on PATH; if that VS Code vanished it falls back to
 * `node`, and without one it exits 3, which says "failed" like every other failure of the command line.
 */
export function shellLauncher({ executable, script }: LauncherTargets): string {
  return `#!/bin/sh
# Written by the Belay extension, and written anew when VS Code or Belay moves.
executable=${shellQuote(executable)}
script=${shellQuote(script)}
if [ -f "$script" ]; then
  if [ -x "$executable" ]; then
    ELECTRON_RUN_AS_NODE=1 exec "$executable" "$script" "$@"
  fi
  if command -v node >/dev/null 2>&1; then
    exec node "$script" "$@"
  fi
fi
echo ${shellQuote(vanished)} >&2
exit 3
`;
}

/** The launcher for Windows. Goto, not blocks: inside a block the exit code would be read before the program ran. */
export function windowsLauncher({ executable, script }: LauncherTargets): string {
  return [
    '@echo off',
    'rem Written by the Belay extension, and written anew when VS Code or Belay moves.',
    'setlocal DisableDelayedExpansion',
    `set "BELAY_EXECUTABLE=${batchEscape(executable)}"`,
    `set "BELAY_SCRIPT=${batchEscape(script)}"`,
    'if not exist "%BELAY_SCRIPT%" goto gone',
    'if not exist "%BELAY_EXECUTABLE%" goto node',
    'set "ELECTRON_RUN_AS_NODE=1"',
    '"%BELAY_EXECUTABLE%" "%BELAY_SCRIPT%" %*',
    'exit /b %ERRORLEVEL%',
    ':node',
    'where node >nul 2>nul',
    'if errorlevel 1 goto gone',
    'node "%BELAY_SCRIPT%" %*',
    'exit /b %ERRORLEVEL%',
    ':gone',
    `echo ${vanished} 1>&2`,
    'exit /b 3',
    '',
  ].join('\r\n');
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A per cent sign would begin a variable. */
function batchEscape(text: string): string {
  return text.replaceAll('%', '%%');
}
