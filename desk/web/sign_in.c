/* SPDX-License-Identifier: Apache-2.0
 * Signing in: the page, the officer's passkeys, and the one script. */
#include "desk/web/frame.h"
#include "desk/web/passkey.h"

/* Buttons show themselves where they can work: a script runs, and the page is
 * at the name that passkeys are for. */
const char web_script[] =
    "'use strict';\n"
    "const text = (buffer) => btoa(String.fromCharCode(\n"
    "  ...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_')\n"
    "  .replace(/=+$/, '');\n"
    "const bytes = (t) => Uint8Array.from(\n"
    "  atob(t.replace(/-/g, '+').replace(/_/g, '/')), (c) => "
    "c.charCodeAt(0));\n"
    "const named = (id) => document.getElementById(id);\n"
    "const say = (t) => { named('said').textContent = t; };\n"
    "const can = window.PublicKeyCredential && location.hostname === "
    "'localhost';\n"
    "const use = named('use'), make = named('make');\n"
    "const failed = (e) => say('The passkey did not work: ' + e.message);\n"
    "if (!can) {\n"
    "  say('Passkeys work at http://localhost:' + location.port + '/ "
    "alone.');\n"
    "}\n"
    "if (use && can) {\n"
    "  use.hidden = false;\n"
    "  use.onclick = () => navigator.credentials.get({publicKey: {\n"
    "    challenge: bytes(use.dataset.challenge), rpId: 'localhost',\n"
    "    userVerification: 'required'}}).then((c) => {\n"
    "      const f = named('passkey').elements;\n"
    "      f.credential.value = text(c.rawId);\n"
    "      f.client.value = text(c.response.clientDataJSON);\n"
    "      f.data.value = text(c.response.authenticatorData);\n"
    "      f.signature.value = text(c.response.signature);\n"
    "      named('passkey').submit();\n"
    "    }).catch(failed);\n"
    "}\n"
    "if (make && can) {\n"
    "  make.hidden = false;\n"
    "  make.onclick = () => navigator.credentials.create({publicKey: {\n"
    "    challenge: crypto.getRandomValues(new Uint8Array(32)),\n"
    "    rp: {name: 'the desk', id: 'localhost'},\n"
    "    user: {id: crypto.getRandomValues(new Uint8Array(16)),\n"
    "      name: make.dataset.name, displayName: make.dataset.name},\n"
    "    pubKeyCredParams: [{type: 'public-key', alg: -8},\n"
    "      {type: 'public-key', alg: -7}],\n"
    "    authenticatorSelection: {residentKey: 'required',\n"
    "      userVerification: 'required'}}}).then((c) => {\n"
    "      const r = c.response;\n"
    "      const name = r.getPublicKeyAlgorithm() === -8 ? 'EdDSA' : 'ES256';\n"
    "      named('line').textContent = 'tacet-desk passkey add ' +\n"
    "        ['tacet-passkey-v1', name, text(c.rawId),\n"
    "          text(r.getPublicKey())].join('.') +\n"
    "        ' --key FILE --data DIR';\n"
    "      say('Now say at a terminal that it is yours:');\n"
    "    }).catch(failed);\n"
    "}\n";

void web_page_sign_in(FILE *out, const char *sentence, const char *challenge) {
  web_begin(out, NULL, NULL, "Sign in");
  if (sentence != NULL) {
    html_raw(out, "<p class=\"error\" role=\"alert\">");
    html_text(out, sentence);
    html_raw(out, "</p>\n");
  }
  html_raw(out,
           "<p>Print a ticket with your key, and paste it here:</p>\n"
           "<p><code>tacet-desk sign-in --data DIR --key FILE</code></p>\n"
           "<form method=\"post\" action=\"/sign-in\">\n"
           "<p><label for=\"ticket\">Ticket</label></p>\n"
           "<p><textarea id=\"ticket\" name=\"ticket\" rows=\"5\" required "
           "autocomplete=\"off\" spellcheck=\"false\"></textarea></p>\n"
           "<p><button>Sign in</button></p>\n</form>\n"
           "<p><button id=\"use\" type=\"button\" hidden data-challenge=\"");
  html_text(out, challenge);
  html_raw(out,
           "\">Use a passkey</button> <span id=\"said\" role=\"status\"></span>"
           "</p>\n<form id=\"passkey\" method=\"post\" "
           "action=\"/sign-in-passkey\" hidden>\n"
           "<input type=\"hidden\" name=\"credential\">\n"
           "<input type=\"hidden\" name=\"client\">\n"
           "<input type=\"hidden\" name=\"data\">\n"
           "<input type=\"hidden\" name=\"signature\">\n"
           "</form>\n<script src=\"/script.js\"></script>\n");
  web_end(out);
}

/* ---- an officer's passkeys ---- */

typedef struct listing {
  FILE *out;
  const desk_officer *who;
} listing;

static tacet_err list_passkey(void *user, const web_passkey *p) {
  const listing *l = user;
  if (strcmp(p->officer, l->who->name) == 0) {
    html_raw(l->out, "<tr><th scope=\"row\"><code>");
    html_text(l->out, p->credential);
    (void)fprintf(l->out, "</code></th><td>%s</td></tr>\n",
                  p->is_ed25519 ? "EdDSA" : "ES256");
  }
  return TACET_OK;
}

tacet_err web_page_passkeys(FILE *out, desk_store *s, const desk_officer *who,
                            desk_trouble *why) {
  static const char *const columns[] = {"Credential", "Algorithm", NULL};
  listing l = {out, who};
  web_begin(out, who, "/passkeys", "Passkeys");
  html_raw(out, "<p>A passkey opens these pages instead of a ticket, and signs "
                "nothing. It counts once you have said so with your key.</p>\n"
                "<p><button id=\"make\" type=\"button\" hidden data-name=\"");
  html_text(out, who->name);
  html_raw(out,
           "\">Make a passkey</button> <span id=\"said\" "
           "role=\"status\"></span></p>\n<p><code id=\"line\"></code></p>\n");
  web_table_begin(out, "Your passkeys", columns);
  tacet_err e = web_passkeys_each(s, list_passkey, &l, why);
  web_table_end(out);
  html_raw(out, "<script src=\"/script.js\"></script>\n");
  web_end(out);
  return e;
}
