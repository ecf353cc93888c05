// The widget in Vietnamese, with its worker from this site: nothing is loaded from elsewhere.
import "/altcha/altcha.js";
import "/altcha/vi.js";

globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker("/altcha/pbkdf2.js"));
