// The description that the server gives of itself, for people.

const element = (name, ...content) => {
  const made = document.createElement(name);
  made.append(...content);
  return made;
};

// Of a schema: its type and range in a few words.
function words(schema) {
  const kinds = schema.anyOf?.filter((kind) => kind.type !== "null") ?? [schema];
  const text = kinds.map((kind) => {
    if (kind.enum) return kind.enum.join(", ");
    const range = kind.minimum === undefined ? "" : ` from ${kind.minimum} to ${kind.maximum}`;
    return `${kind.type}${range}`;
  });
  return text.join(" or ") + (schema.default === undefined || schema.default === null ? "" : `; default ${schema.default}`);
}

// Text with words between backticks.
const marked = (text) => text.split("`").map((part, i) => (i % 2 ? element("code", part) : part));

function rows(list) {
  const table = element("table");
  for (const [name, ...cells] of list) table.append(element("tr", element("td", element("code", name)), element("td", ...cells)));
  return table;
}

const { paths, info } = await (await fetch("openapi.json")).json();
const place = document.getElementById("paths");
place.append(element("p", element("small", `Version ${info.version}`)));
for (const [path, methods] of Object.entries(paths)) {
  for (const [method, about] of Object.entries(methods)) {
    place.append(element("h2", element("code", `${method.toUpperCase()} ${path}`)), element("p", ...marked(`${about.summary}. ${about.description ?? ""}`)));
    if (about.parameters?.length) {
      const parameters = about.parameters.map((each) => [
        each.name, each.schema.description ?? each.description ?? "", element("br"), element("small", words(each.schema)),
      ]);
      place.append(element("h3", "Options"), rows(parameters));
    }
    if (about.requestBody) place.append(element("h3", "Body"), element("p", Object.keys(about.requestBody.content).join(" or ")));
    const answers = Object.entries(about.responses).map(([status, answer]) => [status, answer.description]);
    place.append(element("h3", "Answers"), rows(answers));
  }
}
