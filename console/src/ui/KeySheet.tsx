import { Modal } from "@mantine/core";
import { Fragment, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { type KeyName, keys, keysOn, keyText, useKey } from "./keys";

let shown = false;
const watchers = new Set<() => void>();

export function showKeys(open: boolean): void {
  shown = open;
  for (const changed of watchers) changed();
}

/** KeySheet lists what can be done by a key. */
export function KeySheet() {
  const { t } = useTranslation();
  const open = useSyncExternalStore(
    changed => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    () => shown,
  );
  useKey("sheet", () => showKeys(true));
  return (
    <Modal
      opened={open}
      onClose={() => showKeys(false)}
      title={<strong>{t("keys.title")}</strong>}
      closeButtonProps={{ "aria-label": t("keys.close") }}
    >
      {!keysOn() && <p className="quiet">{t("keys.off")}</p>}
      <div className="sheet-keys">
        {(Object.keys(keys) as KeyName[]).map(name => (
          <Fragment key={name}>
            <span>{t(`keys.${name}`)}</span>
            <kbd>{keyText(name)}</kbd>
          </Fragment>
        ))}
        <span>{t("keys.escape")}</span>
        <kbd>Esc</kbd>
      </div>
    </Modal>
  );
}
