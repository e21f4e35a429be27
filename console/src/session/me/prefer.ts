import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import type { PreferencesChange } from "../../api/model";
import { problemText } from "../../words/problem";
import { prefer } from "../session";

/** usePrefer changes a preference at once, and says so where it was not kept. */
export function usePrefer(): (change: PreferencesChange) => void {
  const { t } = useTranslation();
  return change => {
    void prefer(change).then(refusal => {
      if (refusal) notifications.show({ message: t("me.notSaved", { reason: problemText(t, refusal) }), color: "red" });
    });
  };
}
