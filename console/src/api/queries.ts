import { QueryClient } from "@tanstack/react-query";
import { asRefusal } from "./problems";

/** queryClient keeps what the event stream does not tell: names, sessions, earlier conversations. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, thrown) => failures < 3 && asRefusal(thrown).mayHaveWorked,
    },
  },
});
