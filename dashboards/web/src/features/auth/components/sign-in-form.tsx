import { Alert, Button, Stack, TextField } from "@mui/material";
import type { FormEvent } from "react";
import { useSignIn } from "@/features/auth/api/sign-in";
import { messageOf, ProblemError } from "@/lib/problem";

export function SignInForm() {
  const signIn = useSignIn();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate({ email: textOf(form, "email"), password: textOf(form, "password") });
  };
  return (
    <Stack component="form" spacing={2} onSubmit={submit}>
      {signIn.isError && <Alert severity="error">{sentenceFor(signIn.error)}</Alert>}
      <TextField name="email" label="Email" type="email" autoComplete="username" required fullWidth autoFocus />
      <TextField name="password" label="Password" type="password" autoComplete="current-password" required fullWidth />
      <Button type="submit" variant="contained" size="large" loading={signIn.isPending}>
        Sign in
      </Button>
    </Stack>
  );
}

export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

function sentenceFor(error: Error): string {
  const isWrong = error instanceof ProblemError && error.status === 401;
  return isWrong ? "Email or password is wrong." : messageOf(error);
}
