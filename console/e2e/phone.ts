/** Line is what a customer sees on the screen of their phone. */
export interface Line {
  n: number;
  at: string;
  from: "customer" | "account" | "wechat";
  channel: string;
  kind: string;
  text: string;
}

/** Phone is a customer of the demo account, played by the simulator. */
export class Phone {
  private constructor(
    private simulator: string,
    private app: string,
    readonly openid: string,
  ) {}

  static async follow(simulator: string, name: string): Promise<Phone> {
    const { items } = await call<{ items: { app_id: string }[] }>(`${simulator}/_sim/accounts`);
    const app = items[0]!.app_id;
    const { openid } = await call<{ openid: string }>(`${simulator}/_sim/accounts/${app}/followers`, { name });
    return new Phone(simulator, app, openid);
  }

  private get at(): string {
    return `${this.simulator}/_sim/accounts/${this.app}/followers/${this.openid}`;
  }

  /** say waits for WeChat's verdict, so that what follows comes after it. "failed" is what WeChat gave up to deliver. */
  async say(text: string): Promise<"accepted" | "replied" | "failed"> {
    const { verdict } = await call<{ verdict: "accepted" | "replied" | "failed" }>(`${this.at}/say?wait=true`, { text });
    return verdict;
  }

  async screen(): Promise<Line[]> {
    return (await call<{ items: Line[] }>(`${this.at}/screen?after=0`)).items;
  }

  /** received are the texts from the account, in the order in which they came. */
  async received(): Promise<string[]> {
    return (await this.screen()).filter(line => line.from === "account").map(line => line.text);
  }
}

/** Faults of WeChat's side, each for its next occasion. */
export async function fault(simulator: string, kind: string, more: Record<string, unknown> = {}): Promise<void> {
  await call(`${simulator}/_sim/faults`, { kind, path: "/cgi-bin/message/custom/send", ...more });
}

export async function noFaults(simulator: string): Promise<void> {
  await fetch(`${simulator}/_sim/faults`, { method: "DELETE" });
}

/** patience is how often and how soon WeChat sends a callback again that failed; without one it is WeChat's own. */
export async function patience(simulator: string, attempts = 3, retryAfter = "5s"): Promise<void> {
  await call(`${simulator}/_sim/settings`, { attempts, retry_after: retryAfter }, "PATCH");
}

/** advance moves WeChat's own clock, such as past the end of a reply window. */
export async function advance(simulator: string, by: string): Promise<void> {
  await call(`${simulator}/_sim/clock`, { advance: by });
}

async function call<T>(url: string, body?: unknown, method = "POST"): Promise<T> {
  const answer = await fetch(url, body === undefined ? {} : { method, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
