import { useTranslation } from "react-i18next";
import { Door } from "./Door";
import { SignInForm } from "./SignInForm";

export function SignIn() {
  const { t } = useTranslation();
  return (
    <Door title={t("signIn.title")} lead={t("signIn.lead")}>
      <SignInForm />
      <p className="door-hint">{t("signIn.forgot")}</p>
    </Door>
  );
}
