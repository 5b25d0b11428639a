// A small part of Markdown, made of elements: no text of a note becomes a tag.

// An underscore within a word, as in batch_size, is no emphasis.
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*(?!\s)([^*]+)\*|(?<![\p{L}\p{N}_])_(?!\s)([^_]+)_(?![\p{L}\p{N}_])|\[([^[\]]+)\]\((https?:\/\/[^\s()]+)\)/u;

/** Adds a line with emphasis, code and links. */
const addInline = (text, parent) => {
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    parent.append(rest.slice(0, found.index));
    const [, code, strong, star, underscore, label, address] = found;
    if (code !== undefined) make("code", code, parent);
    else if (strong !== undefined) addInline(strong, make("strong", undefined, parent));
    else if (label !== undefined) Object.assign(make("a", label, parent), { href: address, rel: "noopener noreferrer", target: "_blank" });
    else addInline(star ?? underscore, make("em", undefined, parent));
    rest = rest.slice(found.index + found[0].length);
  }
  parent.append(rest);
};

/** Adds one block: a heading, a list, code or a paragraph. Returns the number of its lines. */
const addBlock = (lines, parent) => {
  const heading = /^(#{1,4})\s+(.*)$/.exec(lines[0]);
  if (heading) {
    addInline(heading[2], make("h" + (heading[1].length + 2), undefined, parent));
    return 1;
  }
  if (lines[0].startsWith("```")) {
    const end = lines.findIndex((line, index) => index > 0 && line.startsWith("```"));
    const inside = lines.slice(1, end < 0 ? lines.length : end);
    make("code", inside.join("\n"), make("pre", undefined, parent));
    return end < 0 ? lines.length : end + 1;
  }
  const bullet = /^\s*([-*]|\d+[.)])\s+/;
  const isList = bullet.test(lines[0]);
  const ends = (line) => line.trim() === "" || /^(#{1,4}\s|```)/.test(line) || bullet.test(line) !== isList;
  const end = lines.findIndex((line, index) => index > 0 && ends(line));
  const own = lines.slice(0, end < 0 ? lines.length : end);
  if (isList) {
    const list = make(/^\s*\d/.test(lines[0]) ? "ol" : "ul", undefined, parent);
    for (const line of own) addInline(line.replace(bullet, ""), make("li", undefined, list));
  } else if (own.join("").trim() !== "") addInline(own.join("\n"), make("p", undefined, parent));
  return own.length;
};

/** Shows a note. */
const showMarkdown = (text, parent) => {
  parent.replaceChildren();
  for (let lines = text.slice(0, 100000).split(/\r?\n/); lines.length > 0;) lines.splice(0, addBlock(lines, parent));
};
