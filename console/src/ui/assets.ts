/** besidesScript is the address of a file that was built with this page: all lie where its script lies. */
function besidesScript(name: string): string {
  const script = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  return new URL(name, script?.src ?? location.href).href;
}

export const licences = (): string => besidesScript("LICENSES.txt");
export const icon = (waiting: boolean): string => besidesScript(waiting ? "icon-waiting.svg" : "icon.svg");
