import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Refusal } from "../api/problems";
import { now } from "../live/clock";
import { clockText } from "../ui/time";
import { problemText } from "../words/problem";
import { signIn } from "./session";

/** SignInForm says the same for every refusal, because the API does. */
export function SignInForm({ name: known = "" }: { name?: string }) {
  const { t, i18n } = useTranslation();
  const [name, setName] = useState(known);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    const refusal = await signIn(name.trim(), password);
    setBusy(false);
    if (!refusal) return;
    setPassword("");
    setTrouble(inWords(refusal));
  }

  function inWords(refusal: Refusal): string {
    if (refusal.type !== "too-many-tries") return problemText(t, refusal);
    if (refusal.retryAfter === 0) return t("signIn.tooManySoon");
    return t("signIn.tooMany", { when: clockText(now() + refusal.retryAfter * 1000 + 59_000, i18n.language) });
  }

  return (
    <form className="door-form" onSubmit={submit}>
      <TextInput
        label={t("signIn.name")}
        value={name}
        onChange={e => setName(e.currentTarget.value)}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        autoFocus={!known}
      />
      <PasswordInput
        visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
        label={t("signIn.password")}
        value={password}
        onChange={e => setPassword(e.currentTarget.value)}
        autoComplete="current-password"
        required
        withAsterisk={false}
        autoFocus={Boolean(known)}
        data-autofocus={known ? true : undefined}
      />
      <p className="door-trouble" role="alert">
        {trouble}
      </p>
      <Button type="submit" variant="filled" loading={busy} fullWidth>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}
