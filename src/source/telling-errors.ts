/** What is looked at of a validator's error. */
export interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

/** An error that says something to a person; `title` is that of the choice it belongs to. */
export interface TellingError<AnError> {
  readonly error: AnError;
  readonly title?: string;
}

/**
 * What is left of a validator's errors without those that only echo others. Of a choice (`anyOf`) whose value is of the
 * kind that one branch wants, that branch speaks; else the choice as a whole does, by its title.
 */
export function tellingErrors<AnError extends SchemaError>(errors: readonly AnError[]): TellingError<AnError>[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map((choice) => toChoice(choice, errors));
  return errors
    .filter(({ keyword }) => keyword !== 'if' && keyword !== 'propertyNames')
    .filter((error) => !isAfterType(error, errors))
    .flatMap((error) => {
      const mine = choices.filter(({ all }) => all.has(error));
      const title = mine.map((choice) => choice.title).find((text) => text !== undefined);
      return mine.every(({ telling }) => telling.has(error)) ? [{ error, ...(title !== undefined && { title }) }] : [];
    });
}

/** A value of the wrong type breaks its other rules as well. */
const isAfterType = (error: SchemaError, errors: readonly SchemaError[]): boolean =>
  error.keyword !== 'type' &&
  errors.some(
    ({ keyword, instancePath, parentSchema }) =>
      keyword === 'type' && instancePath === error.instancePath && parentSchema === error.parentSchema,
  );

interface Choice {
  readonly title?: string;
  /** Itself and the errors of all its branches. */
  readonly all: ReadonlySet<SchemaError>;
  readonly telling: ReadonlySet<SchemaError>;
}

function toChoice(choice: SchemaError, errors: readonly SchemaError[]): Choice {
  const within = errors.filter(
    ({ instancePath, schemaPath }) =>
      `${instancePath}/`.startsWith(`${choice.instancePath}/`) && schemaPath.startsWith(`${choice.schemaPath}/`),
  );
  const branches = [...Map.groupBy(within, ({ schemaPath }) => branchOf(choice, schemaPath)).values()];
  const fitting = branches.filter((branch) => !branch.some((error) => isOfAnotherKind(error, choice)));
  const [only] = fitting;
  const title = choice.parentSchema?.title;
  return {
    title: typeof title === 'string' ? title : undefined,
    all: new Set([choice, ...within]),
    telling: new Set(fitting.length === 1 && only ? only : [choice]),
  };
}

const branchOf = (choice: SchemaError, schemaPath: string): string =>
  schemaPath.slice(choice.schemaPath.length + 1).split('/')[0] ?? '';

/** The branch wants a value of another type, or with another word in it. */
const isOfAnotherKind = ({ instancePath, keyword }: SchemaError, choice: SchemaError): boolean =>
  instancePath === choice.instancePath && (keyword === 'type' || keyword === 'required');
