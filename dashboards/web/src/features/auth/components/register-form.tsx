import { Alert, Button, Stack, TextField } from "@mui/material";
import type { FormEvent } from "react";
import { useRegister } from "@/features/auth/api/sign-in";
import { textOf } from "@/features/auth/components/sign-in-form";
import { messageOf, messagesByField } from "@/lib/problem";

const FIELDS = ["name", "email", "password"] as const;
const MIN_PASSWORD = 10;

export function RegisterForm() {
  const register = useRegister();
  const messages = messagesByField(register.error, FIELDS);
  const hasFieldMessage = Object.keys(messages).length > 0;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    register.mutate({ email: textOf(form, "email"), password: textOf(form, "password"), name: textOf(form, "name") });
  };
  return (
    <Stack component="form" spacing={2} onSubmit={submit}>
      {register.isError && !hasFieldMessage && <Alert severity="error">{messageOf(register.error)}</Alert>}
      <TextField
        name="name"
        label="Name"
        autoComplete="name"
        fullWidth
        autoFocus
        error={"name" in messages}
        helperText={messages["name"]}
      />
      <TextField
        name="email"
        label="Email"
        type="email"
        autoComplete="username"
        required
        fullWidth
        error={"email" in messages}
        helperText={messages["email"]}
      />
      <TextField
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        required
        fullWidth
        error={"password" in messages}
        helperText={messages["password"] ?? `At least ${String(MIN_PASSWORD)} characters`}
        slotProps={{ htmlInput: { minLength: MIN_PASSWORD } }}
      />
      <Button type="submit" variant="contained" size="large" loading={register.isPending}>
        Register
      </Button>
    </Stack>
  );
}
