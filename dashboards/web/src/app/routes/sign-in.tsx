import { Link } from "@mui/material";
import { Link as RouterLink, useLocation } from "react-router";
import { SignedInElsewhere } from "@/app/routes/signed-in-elsewhere";
import { AuthCard } from "@/features/auth/components/auth-card";
import { SignInForm } from "@/features/auth/components/sign-in-form";

export function SignInRoute() {
  const { search } = useLocation();
  return (
    <SignedInElsewhere>
      <AuthCard
        title="Sign in"
        subtitle="Your services, their load and why they scale."
        footer={
          <>
            No account yet?{" "}
            <Link component={RouterLink} to={`/register${search}`}>
              Register
            </Link>
          </>
        }
      >
        <SignInForm />
      </AuthCard>
    </SignedInElsewhere>
  );
}
