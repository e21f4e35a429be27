import { Button, SegmentedControl, Slider } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ring, unlockSound } from "../../ui/sound";
import { usePreferred } from "../preferences";
import { usePrefer } from "./prefer";

export function Sounds() {
  const { t } = useTranslation();
  const { sounds, volume } = usePreferred();
  const prefer = usePrefer();
  const [at, setAt] = useState(volume);
  return (
    <section>
      <h2>{t("me.sounds")}</h2>
      <div className="me-row">
        <span id="me-ring">{t("me.ring")}</span>
        <SegmentedControl
          aria-labelledby="me-ring"
          value={sounds}
          onChange={value => prefer({ sounds: value as typeof sounds })}
          data={[
            { value: "on", label: t("me.ringOn") },
            { value: "hidden", label: t("me.ringHidden") },
            { value: "off", label: t("me.ringOff") },
          ]}
        />
      </div>
      <div className="me-row">
        <span>{t("me.volume")}</span>
        <div className="me-volume">
          <Slider
            thumbLabel={t("me.volume")}
            value={at}
            onChange={setAt}
            onChangeEnd={value => prefer({ volume: value })}
            label={null}
          />
          <Button
            size="compact-sm"
            onClick={async () => {
              await unlockSound();
              ring(1, at);
            }}
          >
            {t("me.try")}
          </Button>
        </div>
      </div>
      <Notifications />
    </section>
  );
}

function Notifications() {
  const { t } = useTranslation();
  const [permission, setPermission] = useState("Notification" in globalThis ? Notification.permission : "none");
  return (
    <div className="me-row">
      <span>
        {t("me.notifications")}
        {permission === "granted" && <span className="me-hint">{t("me.notificationsOn")}</span>}
        {permission === "denied" && <span className="me-hint">{t("me.notificationsDenied")}</span>}
        {permission === "none" && <span className="me-hint">{t("me.notificationsNone")}</span>}
      </span>
      {permission === "default" && (
        <Button size="compact-sm" onClick={() => void Notification.requestPermission().then(setPermission)}>
          {t("me.notificationsAsk")}
        </Button>
      )}
    </div>
  );
}
