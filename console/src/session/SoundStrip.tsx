import { Button } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { soundWorks, unlockSound, watchSound } from "../ui/sound";
import { BackStrip } from "./PresenceMenu";
import { usePreferred } from "./preferences";
import { useSession } from "./session";

/** SoundStrip: after a reload no sound is allowed until a gesture. A desk that cannot ring says so. */
export function SoundStrip() {
  const { t } = useTranslation();
  const { me } = useSession();
  const { sounds } = usePreferred();
  const works = useSyncExternalStore(watchSound, soundWorks);
  const mute = me?.agent && me.shift && sounds !== "off" && !works;
  return (
    <>
      <BackStrip />
      {mute && (
        <div className="strip calm" role="status">
          <span>{t("presence.soundBlocked")}</span>
          <Button size="compact-sm" onClick={() => void unlockSound()}>
            {t("presence.soundAllow")}
          </Button>
        </div>
      )}
    </>
  );
}
