// The page that asks for WEB_PASSWORD. Works without this script too, in English.
import { apply, load } from "./texts.js";

await load();
apply(document);
document.getElementById("wrong").hidden = !location.search.startsWith("?wrong");
