/** What came as JSON: a test looks into it as deep as it likes, and fails where something else is there. */
export interface Json {
  readonly [name: string]: Json;
  readonly [index: number]: Json;
}
