/** What an older service refuses: a word that says why, in the body of a web framework's exception. */
export class CommandRefused extends Error {
  readonly word: string;

  constructor(word: string, details = '') {
    super(`${word} details: ${details}`);
    this.word = word;
  }
}

/** The body of a refusal, as the framework behind these services writes it. */
export function exceptionBody({ message }: CommandRefused): Record<string, string> {
  return {
    Message: 'An error has occurred.',
    ExceptionMessage: `An error occurred while executing the command: ${message}`,
    ExceptionType: 'Epic.ServiceModel.Internal.ServiceCommandException',
    StackTrace: '   at Larkfield.Commands.Execute()',
  };
}
