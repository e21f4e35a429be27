import { Button, PasswordInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, attempt } from "../../api/client";
import { problemText } from "../../words/problem";
import { useMe } from "../session";

export function Password() {
  const { t } = useTranslation();
  const me = useMe();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    const body = current ? { current, password } : { password };
    const { refusal } = await attempt(api.PUT("/v1/me/password", { body }));
    setBusy(false);
    if (refusal) {
      const wrong = refusal.places.some(place => place.endsWith("current"));
      return setTrouble(wrong ? t("me.wrong") : refusal.type === "invalid" ? t("welcome.rule") : problemText(t, refusal));
    }
    setCurrent("");
    setPassword("");
    notifications.show({ message: t("me.changed") });
  }

  return (
    <section>
      <h2>{t("me.password")}</h2>
      <form className="me-password" onSubmit={submit}>
        <input type="text" autoComplete="username" value={me.name} readOnly hidden />
        <PasswordInput
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          label={t("me.current")}
          description={t("me.currentLead")}
          value={current}
          onChange={e => setCurrent(e.currentTarget.value)}
          autoComplete="current-password"
        />
        <PasswordInput
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          label={t("me.newPassword")}
          description={t("welcome.rule")}
          value={password}
          onChange={e => setPassword(e.currentTarget.value)}
          autoComplete="new-password"
          required
          withAsterisk={false}
        />
        <p className="door-trouble" role="alert">
          {trouble}
        </p>
        <div>
          <Button type="submit" loading={busy} disabled={password === ""}>
            {t("me.change")}
          </Button>
        </div>
      </form>
    </section>
  );
}
