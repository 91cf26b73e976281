/** A form made of what the gateway says belongs into it, so that a method that is switched on later appears by itself. */
export function FlowForm({ flow, group, submit }) {
  const nodes = flow.ui.nodes.filter(node => !group || node.group === group || node.group === 'default');
  if (group && !nodes.some(node => node.group === group)) return null;
  const send = event => {
    event.preventDefault();
    submit(body(new FormData(event.currentTarget, event.nativeEvent.submitter)));
  };
  return (
    <form onSubmit={send} noValidate>
      {nodes.map(node => <Node key={`${node.attributes.name}=${node.attributes.value}`} node={node} />)}
    </form>
  );
}

export const Messages = ({ messages }) => messages?.map(({ id, text, type }) => (
  <p key={id} className={`message ${type}`} role={type === 'error' ? 'alert' : 'status'}>{text}</p>
));

function Node({ node: { type, attributes, messages, meta } }) {
  const label = meta.label?.text;
  if (type === 'text') return <p>{attributes.text.text}</p>;
  if (type === 'img') return <img src={attributes.src} alt={label ?? ''} />;
  if (type === 'a') return <a href={attributes.href}>{attributes.title.text}</a>;
  if (type !== 'input') return null;
  const { name, value, required, disabled, autocomplete } = attributes;
  if (attributes.type === 'hidden') return <input type="hidden" name={name} defaultValue={value} />;
  if (attributes.type === 'submit' || attributes.type === 'button') {
    return <button type="submit" name={name} value={value} disabled={disabled}>{label}</button>;
  }
  return (
    <label>
      {label}
      <input type={attributes.type} name={name} defaultValue={value} required={required} disabled={disabled} autoComplete={autocomplete} aria-invalid={messages.some(({ type }) => type === 'error')} />
      <Messages messages={messages} />
    </label>
  );
}

/** `traits.name.first` as `{traits: {name: {first}}}`; what was left empty is left out. */
function body(form) {
  const made = {};
  for (const [name, value] of form) {
    if (value === '') continue;
    const path = name.split('.');
    const last = path.pop();
    path.reduce((place, key) => (place[key] ??= {}), made)[last] = value;
  }
  return made;
}
