import { Link } from "@mui/material";
import { Link as RouterLink, useLocation } from "react-router";
import { SignedInElsewhere } from "@/app/routes/signed-in-elsewhere";
import { AuthCard } from "@/features/auth/components/auth-card";
import { RegisterForm } from "@/features/auth/components/register-form";

export function RegisterRoute() {
  const { search } = useLocation();
  return (
    <SignedInElsewhere>
      <AuthCard
        title="Register"
        subtitle="An account of this platform; an administrator may change its role."
        footer={
          <>
            Registered already?{" "}
            <Link component={RouterLink} to={`/sign-in${search}`}>
              Sign in
            </Link>
          </>
        }
      >
        <RegisterForm />
      </AuthCard>
    </SignedInElsewhere>
  );
}
