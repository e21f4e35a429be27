/** browserName makes "Chrome 148 · Windows" of what a browser calls itself; what is unknown is shown as it is, shortened. */
export function browserName(agent: string): string {
  const browser = find(agent, [
    [/\bEdg\/(\d+)/, "Edge"],
    [/\bMicroMessenger\/([\d.]+)/, "WeChat"],
    [/\bOPR\/(\d+)/, "Opera"],
    [/\bFirefox\/(\d+)/, "Firefox"],
    [/\bChrome\/(\d+)/, "Chrome"],
    [/\bVersion\/(\d+)[\d.]* .*Safari\//, "Safari"],
  ]);
  const system = find(agent, [
    [/\bAndroid\b()/, "Android"],
    [/\b(?:iPhone|iPad)\b()/, "iOS"],
    [/\bWindows\b()/, "Windows"],
    [/\bMac OS X\b()/, "macOS"],
    [/\bLinux\b()/, "Linux"],
  ]);
  return [browser, system].filter(Boolean).join(" · ") || agent.slice(0, 60);
}

function find(agent: string, known: [RegExp, string][]): string {
  for (const [pattern, name] of known) {
    const match = pattern.exec(agent);
    if (match) return `${name} ${match[1] ?? ""}`.trim();
  }
  return "";
}
