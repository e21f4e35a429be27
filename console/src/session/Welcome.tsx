import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { problemText } from "../words/problem";
import { Door } from "./Door";
import { signInByLink } from "./session";

// The code stands in the fragment, which no server sees. It leaves the address bar before anything else happens.
function takeCode(): string {
  const code = location.hash.slice(1);
  if (code) history.replaceState(null, "", location.pathname);
  return code;
}

type Step = "opening" | "password" | "refused" | "none";

/** Welcome signs in by a one-time link. Where the API asks for a password, it is chosen here; the link stays good until then. */
export function Welcome() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const code = useRef<string | null>(null);
  const [step, setStep] = useState<Step>("opening");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    if (code.current !== null) return;
    code.current = takeCode();
    if (!code.current) return setStep("none");
    void open();
  });

  async function open(chosen?: string) {
    setBusy(true);
    const refusal = await signInByLink(code.current ?? "", chosen);
    setBusy(false);
    if (!refusal) return go("/", { replace: true });
    if (refusal.type === "password-needed") setStep("password");
    else if (refusal.type === "link-refused") setStep("refused");
    else if (refusal.type === "invalid" && chosen !== undefined) setTrouble(t("welcome.rule"));
    else {
      setStep("password");
      setTrouble(problemText(t, refusal));
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (password !== again) return setTrouble(t("welcome.differ"));
    if ([...password].length < 10 || [...password].length > 128) return setTrouble(t("welcome.rule"));
    setTrouble("");
    void open(password);
  }

  if (step === "opening") return <Door title={t("welcome.title")} lead={t("welcome.opening")} />;
  if (step !== "password")
    return (
      <Door title={t("welcome.title")} lead={t(step === "none" ? "welcome.none" : "welcome.refused")}>
        <Button fullWidth onClick={() => go("/sign-in")}>
          {t("welcome.toSignIn")}
        </Button>
      </Door>
    );
  return (
    <Door title={t("welcome.title")} lead={t("welcome.lead")}>
      <form className="door-form" onSubmit={submit}>
        <PasswordInput
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          label={t("welcome.password")}
          description={t("welcome.rule")}
          value={password}
          onChange={e => setPassword(e.currentTarget.value)}
          autoComplete="new-password"
          autoFocus
        />
        <PasswordInput
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          label={t("welcome.repeat")}
          value={again}
          onChange={e => setAgain(e.currentTarget.value)}
          autoComplete="new-password"
        />
        <p className="door-trouble" role="alert">
          {trouble}
        </p>
        <Button type="submit" variant="filled" loading={busy} fullWidth>
          {t("welcome.submit")}
        </Button>
      </form>
    </Door>
  );
}
