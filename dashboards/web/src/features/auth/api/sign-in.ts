import { useMutation, useQueryClient } from "@tanstack/react-query";
import { dataOf, publicApi } from "@/lib/api/client";
import { session, type Tokens } from "@/lib/session";

export interface SignIn {
  readonly email: string;
  readonly password: string;
}

export interface Registration extends SignIn {
  readonly name: string;
}

export function useSignIn() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: signIn,
    onSuccess: (tokens) => {
      queryClient.clear();
      session.begin(tokens);
    },
  });
}

/** Registers and signs in, since nothing else is asked of a new user. */
export function useRegister() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ email, password, name }: Registration) => {
      await dataOf(publicApi.POST("/api/v1/auth/register", { body: { email, password, name } }));
      return signIn({ email, password });
    },
    onSuccess: (tokens) => {
      queryClient.clear();
      session.begin(tokens);
    },
  });
}

function signIn(body: SignIn): Promise<Tokens> {
  return dataOf(publicApi.POST("/api/v1/auth/sign-in", { body: { email: body.email, password: body.password } }));
}
