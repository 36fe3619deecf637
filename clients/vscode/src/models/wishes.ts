// What a request would like but can do without: how much to think, and sampling.
//
// The daemon does not ask a model that lacks what a request needs. Extensions send a temperature out
// of habit, and the setting `aircher.reasoning` is for all models: neither should make a model that
// has no such thing unusable. So it is left out there, as the daemon does for HTTP clients.

import type { Fields } from "../client/values.js";
import type { ModelRow } from "./rows.js";

/**
 * Return the request with the `effort` of the settings, and without what the model is known to lack.
 *
 * If only one of the two can be had, it is the thinking; a tool that has to be called comes first.
 */
export function withWishes(request: Fields, row: ModelRow | undefined, effort: string | undefined): Fields {
  const { temperature, top_p, reasoning, ...rest } = request;
  const wanted = reasoning ?? effort;
  const mayThink = row?.reasons !== false && request["tool_choice"] !== "required";
  if (wanted !== undefined && wanted !== "none" && mayThink) {
    return { ...rest, reasoning: wanted };
  }
  const sampling = row?.samples === false ? {} : { temperature, top_p };
  return withoutGaps({ ...rest, ...sampling, ...(wanted === "none" && mayThink ? { reasoning: "none" } : {}) });
}

function withoutGaps(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
