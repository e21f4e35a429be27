import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

export type ProcessName = "api" | "worker" | "temporal" | "postgres";

/** System is one `wxdesk dev` on free ports, in a folder of its own: Postgres, Temporal, simulator, API and worker. */
export interface System {
  /** Where the console and the API are. */
  url: string;
  simulator: string;
  /** Signs 王芳 in once, without a password. */
  link: string;
  /** Runs the program with the system's settings, and returns what it prints. */
  wxdesk(...args: string[]): Promise<string>;
  /** Does something as an administrator. An answer that is not 2xx is an error. */
  admin<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Stops one of the processes in order, such as api, worker, temporal or postgres, and starts it again. */
  stop(name: ProcessName): Promise<void>;
  start(name: ProcessName): Promise<void>;
  /** Ends a process by SIGKILL. It stays away until start. */
  kill(name: ProcessName): Promise<void>;
  end(): Promise<void>;
}

export async function startSystem(): Promise<System> {
  const program = process.env.DESK_BIN ?? join(root, "bin/wxdesk");
  const folder = mkdtempSync(join(tmpdir(), "wxdesk-desk-"));
  const [http, ops, temporal, ui, sim] = await freePorts();
  const environ = {
    ...process.env,
    WXDESK_HTTP_ADDR: `127.0.0.1:${http}`,
    WXDESK_OPS_ADDR: `127.0.0.1:${ops}`,
    WXDESK_TEMPORAL_BIN: process.env.WXDESK_TEMPORAL_BIN ?? join(root, "bin/temporal-dev"),
  };
  const dev = spawn(
    program,
    ["dev", `--temporal-port=${temporal}`, `--temporal-ui-port=${ui}`, `--simulator-addr=127.0.0.1:${sim}`],
    { cwd: folder, env: environ, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said = await untilUp(dev);
  const link = /(http\S+\/welcome#\S+)/.exec(said)?.[1];
  if (!link) throw new Error(`wxdesk dev printed no link:\n${said}`);
  const inFolder = (...args: string[]) => run(program, args, { cwd: folder, env: environ }).then(done => done.stdout.trim());
  const wxdesk = (...args: string[]) =>
    run(program, args, { cwd: folder, env: { ...environ, ...settings(join(folder, ".wxdesk/env")) } }).then(done =>
      done.stdout.trim(),
    );
  const url = `http://127.0.0.1:${http}`;
  const token = await wxdesk("token", "create", "--role", "admin", "--name", "desk-tests");
  return {
    url,
    simulator: `http://127.0.0.1:${sim}`,
    link,
    wxdesk,
    admin: (method, path, body) => asked(url + path, method, token, body),
    stop: async name => void (await inFolder("dev", "stop", name)),
    start: async name => void (await inFolder("dev", "start", name)),
    async kill(name) {
      process.kill(Number(readFileSync(join(folder, `.wxdesk/run/${name}.pid`), "utf8")), "SIGKILL");
      await inFolder("dev", "stop", name); // or it would be started again at once
    },
    async end() {
      const ended = new Promise(resolve => dev.once("exit", resolve));
      dev.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function asked<T>(url: string, method: string, token: string, body: unknown): Promise<T> {
  const headers = {
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/json",
    "Idempotency-Key": crypto.randomUUID(),
  };
  const answer = await fetch(url, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

/** untilUp returns what dev has printed when it says that everything runs. */
function untilUp(dev: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const give = (why: string) => reject(new Error(`wxdesk dev ${why}:\n${said}`));
    const timer = setTimeout(() => give("did not come up in three minutes"), 180_000);
    const hear = (text: Buffer) => {
      said += text.toString();
      if (!/Ctrl-C stops everything/.test(said)) return;
      clearTimeout(timer);
      resolve(said);
    };
    dev.stdout?.on("data", hear);
    dev.stderr?.on("data", hear);
    dev.once("exit", code => give(`ended with ${code}`));
  });
}

function settings(file: string): Record<string, string> {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** freePorts finds ports that nobody listens at; the one behind the second is free too, because a worker takes it. */
async function freePorts(): Promise<[number, number, number, number, number]> {
  const found: number[] = [];
  while (found.length < 5) {
    const port = await free(0);
    const isSecond = found.length === 1;
    if (found.includes(port) || found.includes(port - 1) || (isSecond && !(await free(port + 1)))) continue;
    found.push(port);
  }
  return found as [number, number, number, number, number];
}

function free(port: number): Promise<number> {
  return new Promise(resolve => {
    const server = createServer();
    server.once("error", () => resolve(0));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
