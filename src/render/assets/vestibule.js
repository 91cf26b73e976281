// What the pages gain from a script. Each works without it.
(() => {
  'use strict';
  for (const button of document.querySelectorAll('[data-show]')) {
    const input = button.parentElement.querySelector('input');
    const words = { true: button.dataset.hide, false: button.dataset.show };
    button.hidden = false;
    const show = shown => {
      input.type = shown ? 'text' : 'password';
      button.setAttribute('aria-pressed', shown);
      button.textContent = words[shown];
    };
    button.addEventListener('click', () => { show(input.type === 'password'); input.focus(); });
    // A password manager saves what is typed into a password field, not a text.
    input.form.addEventListener('submit', () => show(false));
  }
  for (const hint of document.querySelectorAll('[data-caps]')) {
    const input = document.getElementById(hint.dataset.caps);
    const look = event => { hint.hidden = !(event.getModifierState && event.getModifierState('CapsLock')); };
    input.addEventListener('keydown', look);
    input.addEventListener('keyup', look);
    input.addEventListener('blur', () => { hint.hidden = true; });
  }
  // A place within an app's page (`#/inbox/42`) never reaches the server: each page hands it on until the app has it back.
  const place = location.hash;
  if (place.length > 1 && !document.getElementById(place.slice(1))) {
    for (const form of document.forms) { form.setAttribute('action', form.getAttribute('action') + place); }
    for (const link of document.querySelectorAll('a[href*="/self-service/"]')) { link.hash = place; }
  }
  const release = form => {
    delete form.dataset.busy;
    for (const button of form.querySelectorAll('[aria-disabled]')) {
      button.removeAttribute('aria-disabled');
      button.textContent = button.dataset.label;
    }
  };
  for (const form of document.forms) {
    form.addEventListener('submit', event => {
      if (form.dataset.busy) { event.preventDefault(); return; }
      form.dataset.busy = '1';
      const button = event.submitter;
      if (button && button.dataset.working) {
        button.dataset.label = button.textContent;
        button.textContent = button.dataset.working;
        button.setAttribute('aria-disabled', 'true');
      }
      setTimeout(release, 20000, form);
    });
  }
  addEventListener('pageshow', event => {
    if (event.persisted) { for (const form of document.forms) { release(form); } }
  });
})();
