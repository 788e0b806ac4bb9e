/**
 * Sources checked by the compiler. A source is a string literal; the types below walk along it through the type of
 * the value that it begins with. What the walk cannot know (JSON of a webhook, answers of connections) it lets pass;
 * what it knows to be missing becomes a type error that names the field. `check` looks at the same paths at run time,
 * so nothing depends on these types; they only say it earlier, in the editor.
 */
import type { SiteValue } from './event.ts';

declare const wrong: unique symbol;
/** A type that no value has, with the reason in its name. */
export interface Wrong<Reason extends string> {
  readonly [wrong]: Reason;
}

/** `event`, `site` and what the steps so far gave, by name; `hl7` says whether there is an HL7 message. */
export interface Known {
  readonly values: object;
  readonly hl7: boolean;
}

// ---------------------------------------------------------------- walking a path

type Scalar = string | number | boolean | bigint;
/** What a list holds; a value itself otherwise. */
type Item<T> = NonNullable<T> extends readonly (infer Each)[] ? Present<Each> : NonNullable<T>;
/** Without null and undefined; what nobody knows stays unknown. */
type Present<T> = unknown extends T ? unknown : NonNullable<T>;

/** The name that a path begins with: `name` of `name[use=official].family`. */
type Head<P extends string> = P extends `"${infer Quoted}"${string}`
  ? Quoted
  : P extends `${infer Before}.${string}`
    ? BeforeBracket<Before>
    : BeforeBracket<P>;
type BeforeBracket<P extends string> = P extends `${infer Name}[${string}` ? Name : P;
/** What follows that name. */
type Tail<P extends string, H extends string> = P extends `"${H}"${infer Rest}`
  ? Rest
  : P extends `${H}${infer Rest}`
    ? Rest
    : '';

/** The type at a path that begins with `.`, `[` or nothing; `Wrong` where there is no such field. */
export type Walk<T, P extends string> = unknown extends T
  ? unknown
  : P extends ''
    ? T
    : P extends `[*]${infer Rest}`
      ? Every<Walk<Item<T>, Rest>>
      : P extends `[${string}]${infer Rest}`
        ? Walk<Item<T>, Rest>
        : P extends `.${infer Rest}`
          ? Field<Item<T>, Head<Rest>, Rest>
          : Wrong<`"${P}" cannot be read`>;

type Every<T> = T extends Wrong<string> ? T : readonly T[];

type Field<T, H extends string, P extends string> = T extends Scalar
  ? Wrong<`a text or number has no field "${H}"`>
  : H extends keyof T
    ? Walk<T[H], Tail<P, H>>
    : Wrong<`there is no field "${H}"`>;

// ---------------------------------------------------------------- sources

/** `unknown` for a source that is right, `Wrong` otherwise: `S & CheckSource<K, S>` is S, or an error. */
export type CheckSource<K extends Known, S> = S extends `hl7:${string}`
  ? K['hl7'] extends true
    ? unknown
    : Wrong<'hl7: needs a flow that starts with an HL7 message'>
  : S extends `${string}(${string}`
    ? unknown // FHIRPath is checked when the flow is read
    : S extends string
      ? Root<K, Head<S>, S> & AsksSite<S>
      : unknown;

/** Conditions that compare with what the site says: `identifier[system=%site.mrnSystem]`. */
type AsksSite<S extends string> = S extends `${string}=%site.${infer Name}]${infer Rest}`
  ? Name extends keyof SiteValue
    ? AsksSite<Rest>
    : Wrong<`site has no field "${Name}"`>
  : unknown;

type Root<K extends Known, H extends string, S extends string> = string extends S
  ? unknown
  : H extends keyof K['values']
    ? Walk<K['values'][H], Tail<S, H>> extends infer Found
      ? unknown extends Found
        ? unknown
        : Found extends Wrong<string>
          ? Found
          : unknown
      : never
    : Wrong<`nothing named "${H}" comes before this step`>;

/** The value that a source gives; `null` when it is absent. A list without brackets is its first item. */
export type ValueAt<K extends Known, S> = S extends `hl7:${string}`
  ? string | null
  : S extends `${string}(${string}`
    ? unknown
    : S extends string
      ? Head<S> extends keyof K['values']
        ? Given<Walk<K['values'][Head<S>], Tail<S, Head<S>>>, S>
        : unknown
      : unknown;

type Given<T, S extends string> = unknown extends T
  ? unknown
  : S extends `${string}[*]${string}`
    ? T | null
    : Item<T> | null;

// ---------------------------------------------------------------- rules, maps, conditions

type CheckFrom<K extends Known, From> = From extends readonly unknown[]
  ? { readonly [Index in keyof From]: CheckSource<K, From[Index]> }
  : CheckSource<K, From>;

type CheckRule<K extends Known, Rule> = Rule extends string
  ? CheckSource<K, Rule>
  : Rule extends { readonly from: infer From }
    ? { readonly from: CheckFrom<K, From> }
    : unknown;

export type CheckMap<K extends Known, Map> = { readonly [Target in keyof Map]: CheckRule<K, Map[Target]> };
export type CheckReads<K extends Known, Reads> = {
  readonly [Name in keyof Reads]: CheckSource<K, Reads[Name]>;
};

export type CheckCondition<K extends Known, C> = C extends { readonly path: infer P }
  ? { readonly path: CheckSource<K, P> }
  : C extends { readonly all: infer Parts }
    ? { readonly all: { readonly [Index in keyof Parts]: Parts[Index] & CheckCondition<K, Parts[Index]> } }
    : C extends { readonly any: infer Parts }
      ? { readonly any: { readonly [Index in keyof Parts]: Parts[Index] & CheckCondition<K, Parts[Index]> } }
      : C extends { readonly not: infer Part }
        ? { readonly not: CheckCondition<K, Part> }
        : unknown;

type CheckWhen<K extends Known, Spec> = Spec extends { readonly when: infer C }
  ? { readonly when: CheckCondition<K, C> }
  : unknown;
type CheckArgs<K extends Known, Spec> = Spec extends { readonly args: infer Map }
  ? { readonly args: CheckMap<K, Map> }
  : unknown;
type CheckVerify<K extends Known, Spec> = Spec extends { readonly verify: infer Reads }
  ? { readonly verify: CheckReads<K, Reads> }
  : unknown;

type CheckShow<K extends Known, Spec> = Spec extends { readonly show: infer Map }
  ? { readonly show: CheckMap<K, Map> }
  : unknown;
type CheckCode<K extends Known, Spec> = Spec extends { readonly code: infer S }
  ? { readonly code: CheckSource<K, S> }
  : unknown;
type CheckFields<K extends Known, Spec> = Spec extends { readonly fields: infer Map }
  ? { readonly fields: CheckMap<K, Map> }
  : unknown;
type CheckWrite<K extends Known, Spec> = Spec extends { readonly write: infer List }
  ? { readonly write: { readonly [Index in keyof List]: CheckSource<K, List[Index]> } }
  : unknown;
type CheckIn<K extends Known, Spec> = Spec extends { readonly in: infer S }
  ? { readonly in: CheckSource<K, S> }
  : unknown;
type CheckUntil<K extends Known, Spec> = Spec extends { readonly until: infer S }
  ? { readonly until: CheckSource<K, S> }
  : unknown;

/** What a step is told, each source of it checked. */
export type CheckStep<K extends Known, Spec> = CheckArgs<K, Spec> &
  CheckVerify<K, Spec> &
  CheckWhen<K, Spec> &
  CheckShow<K, Spec> &
  CheckCode<K, Spec> &
  CheckFields<K, Spec> &
  CheckWrite<K, Spec> &
  CheckIn<K, Spec> &
  CheckUntil<K, Spec>;

/** An item of the list at a source, written with or without `[*]`. */
export type ItemAt<K extends Known, S> = S extends `hl7:${string}`
  ? string
  : S extends `${string}]`
    ? Listed<ValueAt<K, S>>
    : S extends string
      ? Listed<ValueAt<K, `${S}[*]`>>
      : unknown;
type Listed<T> = NonNullable<T> extends readonly (infer Each)[] ? Each : NonNullable<T>;

/** Cards of a respond step: each one's map and condition, or the source of a list. */
export type CheckCards<K extends Known, Cards> = Cards extends string
  ? CheckSource<K, Cards>
  : {
      readonly [Index in keyof Cards]: Cards[Index] extends { readonly card: infer Map }
        ? Cards[Index] & { readonly card: CheckMap<K, Map> } & CheckWhen<K, Cards[Index]>
        : unknown;
    };

/** What a map makes: its fields at the top are known, what is in them is not. */
export type MapValue<Map> = Map extends string
  ? unknown
  : { readonly [Target in keyof Map & string as Head<Target>]: unknown };
