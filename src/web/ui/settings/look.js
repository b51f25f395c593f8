// The language: of this browser alone. Colours are chosen in the frame.

import { chosenLanguage, chooseLanguage } from '../language.js';
import { choiceRow } from '../parts.js';
import { texts } from '../texts.js';
import { section } from './part.js';

const words = texts.settings;

export function lookSection() {
  const languages = choiceRow(words.language, [
    { value: 'auto', text: words.languageAuto },
    { value: 'en', text: 'English' },
    { value: 'de', text: 'Deutsch' },
  ], chosenLanguage() || 'auto', (value) => {
    chooseLanguage(value === 'en' || value === 'de' ? value : null);
    location.reload();
  });
  return section(words.language, words.lookLead, languages.element);
}
