import { LANGUAGES } from '../editor/languages';

export function LanguagePicker(props: {
  readonly value: string;
  readonly onPick: (language: string) => void;
}) {
  return (
    <label className="language-picker">
      <span className="visually-hidden">Language</span>
      <select
        className="text-field is-quiet"
        value={props.value}
        onChange={(event) => props.onPick(event.target.value)}
      >
        {LANGUAGES.map((language) => (
          <option key={language.id} value={language.id}>
            {language.label}
          </option>
        ))}
      </select>
    </label>
  );
}
