/** What goes wrong between page and server, as an error whose message can be shown as it is. */
import type { components } from './schema';

export type ProblemCode = components['schemas']['ProblemCode'];

/** No server answered at all, or something else did: a proxy's page, say. */
export type OtherCode = 'unreachable' | 'unknown';

export class ApiError extends Error {
  readonly code: ProblemCode | OtherCode;

  constructor(message: string, code: ProblemCode | OtherCode) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

/** Where the server's own sentence is written for programs, or could say what to do next. */
const SENTENCES: Partial<Record<ProblemCode, string>> = {
  account_disabled: 'This account was shut by the operator of the server. Ask them to open it.',
  already_member: 'That person takes part already: change the role in the list.',
  body_too_large: 'That is more than a document may hold (10 MiB). Choose a smaller file.',
  deletion_pending: 'This account is to be deleted. Restore it to log in again.',
  document_not_found: 'There is no such document, or you may not see it. Ask its owner for access.',
  guests_cannot: 'That takes an account: sign up, then try again.',
  guests_not_allowed: 'This link is for people with an account: log in or sign up to use it.',
  invalid_login:
    'A login has 2 to 64 letters, digits and . _ + @ -, and begins with a letter or a digit.',
  invalid_password:
    'That password is too short or too common: take at least 8 characters that nobody would guess.',
  last_owner: 'A document needs an owner: make somebody else one first.',
  link_not_found: 'This link has ended. Ask whoever sent it to you for a new one.',
  login_required: 'Log in first.',
  logins_busy: 'Many people are logging in right now. Try again in a moment.',
  registration_closed: 'Only the operator makes accounts on this server. Ask them for one.',
  session_ended: 'Your login has ended. Log in again.',
  text_too_large: 'That is more than a document may hold (10 MiB). Choose a smaller file.',
  token_expired: 'Your login has ended. Log in again.',
  user_not_found: 'Nobody has exactly this login. Check its spelling.',
  wrong_credentials: 'Login or password is wrong. Check both and try again.',
};

/** The problem body (RFC 9457) of an answer, as an error; the status has to do where there is none. */
export async function problemOf(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as { detail?: unknown; code?: unknown };
    if (typeof problem.detail === 'string' && typeof problem.code === 'string') {
      const code = problem.code as ProblemCode;
      return new ApiError(SENTENCES[code] ?? asSentence(problem.detail), code);
    }
  } catch {
    // Not JSON.
  }
  return new ApiError(
    `The server answered with status ${response.status}. Try again in a moment.`,
    'unknown',
  );
}

export function unreachable(): ApiError {
  return new ApiError(
    'The server does not answer. Check that it is running, then try again.',
    'unreachable',
  );
}

/** What to show of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something went wrong. Try again.';
}

function asSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
