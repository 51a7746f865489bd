/** Where in a template something went wrong; line and column count from 1. */
export interface TemplateFault {
  readonly template: string;
  readonly line?: number;
  readonly column?: number;
  /** Never a value: it could be a secret's. */
  readonly message: string;
}

/** A template that cannot be read, or that fails when it is rendered. */
export class TemplateFailure extends Error implements TemplateFault {
  readonly template: string;
  readonly line?: number;
  readonly column?: number;

  constructor({ template, line, column, message }: TemplateFault) {
    super(message);
    this.name = 'TemplateFailure';
    this.template = template;
    this.line = line;
    this.column = column;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
