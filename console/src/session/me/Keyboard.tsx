import { Button, SegmentedControl, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { showKeys } from "../../ui/KeySheet";
import { usePreferred } from "../preferences";
import { usePrefer } from "./prefer";

export function Keyboard() {
  const { t } = useTranslation();
  const { shortcuts, sendKey } = usePreferred();
  const prefer = usePrefer();
  return (
    <section>
      <h2>{t("me.keys")}</h2>
      <div className="me-row">
        <span>
          <label htmlFor="me-shortcuts">{t("me.shortcuts")}</label>
          <span className="me-hint">{t("me.shortcutsLead")}</span>
        </span>
        <Switch id="me-shortcuts" checked={shortcuts} onChange={e => prefer({ shortcuts: e.currentTarget.checked })} />
      </div>
      <div className="me-row">
        <span>
          <span id="me-send">{t("me.sendKey")}</span>
          <span className="me-hint">{t("me.sendLead")}</span>
        </span>
        <SegmentedControl
          aria-labelledby="me-send"
          value={sendKey}
          onChange={value => prefer({ send_key: value as typeof sendKey })}
          data={[
            { value: "enter", label: t("me.sendEnter") },
            { value: "ctrl-enter", label: t("me.sendCtrl") },
          ]}
        />
      </div>
      <Button mt="sm" onClick={() => showKeys(true)}>
        {t("me.showKeys")}
      </Button>
    </section>
  );
}
