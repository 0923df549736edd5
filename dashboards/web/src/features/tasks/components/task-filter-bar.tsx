import { Box, MenuItem, TextField } from "@mui/material";
import type { TaskFilters } from "@/features/tasks/api/tasks";
import { TASK_STATES, type TaskType } from "@/lib/api/types";

interface TaskFilterBarProps {
  readonly filters: TaskFilters;
  readonly types: readonly TaskType[];
  readonly onChange: (filters: TaskFilters) => void;
}

const ANY = "any";

export function TaskFilterBar({ filters, types, onChange }: TaskFilterBarProps) {
  return (
    <Box role="search" aria-label="Filter tasks" sx={{ display: "flex", gap: 1.5, "& > *": { flex: { xs: 1, sm: "0 0 200px" }, minWidth: 0 } }}>
      <TextField
        select
        size="small"
        label="State"
        value={filters.state ?? ANY}
        onChange={(event) => {
          onChange({ ...filters, state: TASK_STATES.find((state) => state === event.target.value) });
        }}
      >
        <MenuItem value={ANY}>Any state</MenuItem>
        {TASK_STATES.map((state) => (
          <MenuItem key={state} value={state}>
            {state}
          </MenuItem>
        ))}
      </TextField>
      <TextField
        select
        size="small"
        label="Type"
        value={types.some(({ type }) => type === filters.type) ? filters.type : ANY}
        onChange={(event) => {
          onChange({ ...filters, type: event.target.value === ANY ? undefined : event.target.value });
        }}
      >
        <MenuItem value={ANY}>Any type</MenuItem>
        {types.map(({ type, title }) => (
          <MenuItem key={type} value={type}>
            {title}
          </MenuItem>
        ))}
      </TextField>
    </Box>
  );
}
