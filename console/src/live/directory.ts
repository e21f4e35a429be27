import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import type { DirectoryEntry } from "../api/model";

export type Kind = DirectoryEntry["kind"];

/** useDirectory reads the names of everything that this person may know. A settings event has it read again. */
export function useDirectory(): DirectoryEntry[] {
  const { data } = useQuery({
    queryKey: ["directory"],
    queryFn: () => got(api.GET("/v1/directory")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.items ?? none;
}

const none: DirectoryEntry[] = [];

/** useNames returns a function from kind and id to a name; "" where it is not known. */
export function useNames(): (kind: Kind, id: string | null | undefined) => string {
  const entries = useDirectory();
  return (kind, id) => (id ? (entries.find(entry => entry.kind === kind && entry.id === id)?.name ?? "") : "");
}
