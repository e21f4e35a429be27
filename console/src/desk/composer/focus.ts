/** focusComposer puts the caret into the composer as soon as it is there; it gives up after a second. */
export function focusComposer(): void {
  const until = performance.now() + 1000;
  const look = () => {
    const field = document.querySelector<HTMLTextAreaElement>("textarea[data-composer]");
    if (field) field.focus();
    else if (performance.now() < until) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
