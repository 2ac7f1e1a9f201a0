// Sets the theme before the first paint, then starts the app. A file of its own, because the
// content security policy allows no inline script.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('marquee-theme');
  } catch {
    // Storage may be switched off; the system's theme is used then.
  }
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme;
  }
  const wasm = fetch('/assets/app_bg.wasm');
  import('/assets/app.js')
    .then((app) => app.default({ module_or_path: wasm }))
    .catch((error) => {
      console.error(error);
      const note = document.getElementById('boot-error');
      if (note) note.hidden = false;
    });
})();
