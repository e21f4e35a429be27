import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SignInForm } from "./SignInForm";
import { useSession } from "./session";
import "./session.css";

/** Expired lies over the page when a session is over. The page stays, and so does what is written on it. */
export function Expired() {
  const { t } = useTranslation();
  const { phase, me } = useSession();
  return (
    <Modal
      opened={phase === "expired"}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={<strong>{t("signIn.expired")}</strong>}
      size="sm"
    >
      <p className="door-lead">{t("signIn.expiredLead")}</p>
      <SignInForm name={me?.name ?? ""} />
      <p className="door-hint">{t("signIn.other", { name: me?.name ?? "" })}</p>
    </Modal>
  );
}
