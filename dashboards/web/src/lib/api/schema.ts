// Generated from openapi.json by `npm run generate`. Do not edit.

export interface paths {
    "/api/v1/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register
         * @description Create a user with the platform's default role.
         */
        post: operations["register_api_v1_auth_register_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In
         * @description Exchange e-mail and password for tokens.
         */
        post: operations["sign_in_api_v1_auth_sign_in_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh
         * @description Exchange a refresh token, which is then used up, for new tokens.
         */
        post: operations["refresh_api_v1_auth_refresh_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign Out
         * @description End this sign-in; other devices stay signed in.
         */
        post: operations["sign_out_api_v1_auth_sign_out_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Keys
         * @description The public keys that access tokens can be checked with.
         */
        get: operations["keys_api_v1_auth_keys_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Me
         * @description The user whose token this is.
         */
        get: operations["read_me_api_v1_users_me_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Users
         * @description All users, oldest first.
         */
        get: operations["list_users_api_v1_users_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change User
         * @description Give a user another role, or disable it; seen when its access token ends.
         */
        patch: operations["change_user_api_v1_users__id__patch"];
        trace?: never;
    };
    "/api/v1/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Datasets
         * @description Your 500 newest datasets (an admin's: everybody's), newest first.
         */
        get: operations["list_datasets_api_v1_datasets_get"];
        put?: never;
        /**
         * Upload Dataset
         * @description Upload a CSV: UTF-8, a header, every row of its length. Checked while it comes in.
         */
        post: operations["upload_dataset_api_v1_datasets_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/datasets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Dataset
         * @description One dataset's size and columns.
         */
        get: operations["read_dataset_api_v1_datasets__id__get"];
        put?: never;
        post?: never;
        /**
         * Delete Dataset
         * @description Delete a dataset. A task that reads it goes on; one that has not begun fails and says why.
         */
        delete: operations["delete_dataset_api_v1_datasets__id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/task-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Task Types
         * @description The kinds of work that may be submitted, with the JSON schema of their parameters.
         */
        get: operations["list_task_types_api_v1_task_types_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tasks
         * @description Your tasks (an admin's: all), newest first, without their results.
         */
        get: operations["list_tasks_api_v1_tasks_get"];
        put?: never;
        /**
         * Submit Task
         * @description Accept a piece of work; once this is answered it is done, whatever fails meanwhile.
         */
        post: operations["submit_task_api_v1_tasks_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Task
         * @description One task with its result.
         */
        get: operations["read_task_api_v1_tasks__id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Task
         * @description Cancel a task: a queued one at once, a running one within seconds.
         */
        post: operations["cancel_task_api_v1_tasks__id__cancel_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Workloads
         * @description Each workload with its replicas, its forecast or why there is none, its latest decision.
         */
        get: operations["list_workloads_api_v1_scaling_workloads_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Checks
         * @description What the scaler itself lacks, such as a dependency that is away; empty when nothing.
         */
        get: operations["list_checks_api_v1_scaling_checks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Series
         * @description Load, forecast with its band, and replicas of the last ``window_s`` seconds: ready, decided,
         *     asked for by the forecast, and what the reactive path alone would be at.
         */
        get: operations["read_series_api_v1_scaling_workloads__name__series_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Forecast
         * @description The load at each lead time ahead, or why there is no forecast yet.
         */
        get: operations["read_forecast_api_v1_scaling_workloads__name__forecast_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Decisions
         * @description Decisions with their reasons, newest first; judged once their horizon has passed.
         */
        get: operations["list_decisions_api_v1_scaling_decisions_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/explanation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Explanation
         * @description Why the newest decision is as it is, or the one that was in force ``at`` a time.
         */
        get: operations["read_explanation_api_v1_scaling_workloads__name__explanation_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read What If
         * @description The decision that a load would lead to now; nothing is changed. ``ready`` and ``current``
         *     (replicas that take load, replicas asked for) are those of now where they are not given.
         */
        get: operations["read_what_if_api_v1_scaling_workloads__name__what_if_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/cost": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Cost
         * @description What the forecast's floor cost above the reactive path alone, and what it spared.
         */
        get: operations["read_cost_api_v1_scaling_workloads__name__cost_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/anomalies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Anomalies
         * @description What was out of the ordinary of late, newest first.
         */
        get: operations["list_anomalies_api_v1_scaling_workloads__name__anomalies_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/recommendations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Recommendations
         * @description Requests and limits that containers should have, from their usage.
         */
        get: operations["list_recommendations_api_v1_scaling_recommendations_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Models
         * @description Kept versions of the forecaster, newest first.
         */
        get: operations["list_models_api_v1_scaling_workloads__name__models_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Changes
         * @description Who changed the mode, froze the workload, rolled back or gave a history, newest first.
         */
        get: operations["list_changes_api_v1_scaling_workloads__name__changes_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/mode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change Mode
         * @description Change the mode; it counts from the scaler's next tick and outlives a restart.
         */
        put: operations["change_mode_api_v1_scaling_workloads__name__mode_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Freeze
         * @description For a while, scale nothing in and set the forecast aside; the reactive path may still scale
         *     out. It ends by itself.
         */
        put: operations["freeze_api_v1_scaling_workloads__name__freeze_put"];
        post?: never;
        /**
         * Unfreeze
         * @description End a freeze before its time.
         */
        delete: operations["unfreeze_api_v1_scaling_workloads__name__freeze_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll Back
         * @description Let an older version of the forecaster serve, until that is ended: no newer one is fitted.
         */
        post: operations["roll_back_api_v1_scaling_workloads__name__rollback_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/workloads/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Replace History
         * @description Give the load of the past, so that a forecast can be learnt from it at once.
         */
        put: operations["replace_history_api_v1_scaling_workloads__name__history_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Series
         * @description Series that are registered as moving loads from outside, without their values.
         */
        get: operations["list_series_api_v1_scaling_series_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/series/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Registered Series
         * @description A registered series with its values.
         */
        get: operations["read_registered_series_api_v1_scaling_series__name__get"];
        /**
         * Register Series
         * @description Register a series, or replace it; the forecasters learn with it from their next fit on.
         */
        put: operations["register_series_api_v1_scaling_series__name__put"];
        post?: never;
        /**
         * Remove Series
         * @description Remove a series; until the next fit the forecasters go on with it missing.
         */
        delete: operations["remove_series_api_v1_scaling_series__name__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Calendars
         * @description Calendars of events that are registered, without their events.
         */
        get: operations["list_calendars_api_v1_scaling_events_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scaling/events/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Calendar
         * @description A registered calendar with its events.
         */
        get: operations["read_calendar_api_v1_scaling_events__name__get"];
        /**
         * Register Calendar
         * @description Register a calendar, or replace it; the forecasters learn with it from their next fit on.
         */
        put: operations["register_calendar_api_v1_scaling_events__name__put"];
        post?: never;
        /**
         * Remove Calendar
         * @description Remove a calendar of events.
         */
        delete: operations["remove_calendar_api_v1_scaling_events__name__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/platform/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Overview
         * @description Requests, errors, latency, queue and replicas; what is missing stands in ``degraded``.
         */
        get: operations["read_overview_api_v1_platform_overview_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Anomaly
         * @description Something out of the ordinary in the load.
         */
        Anomaly: {
            /**
             * At
             * @description Unix time at which it was seen.
             */
            at: number;
            /**
             * Since
             * @description Unix time at which it began, as far as known.
             */
            since: number;
            /**
             * Kind
             * @example spike
             */
            kind: string;
            /**
             * Direction
             * @description up, down or none.
             * @example up
             */
            direction: string;
            /**
             * Score
             * @description 1 is the most surprising.
             */
            score: number;
            /** Observed */
            observed: number | null;
            /** Expected */
            expected: number | null;
            /** Explanation */
            explanation: string;
        };
        /**
         * CalendarRequest
         * @description A calendar of events that move loads; it replaces one of the same name.
         */
        CalendarRequest: {
            /** Events */
            events: components["schemas"]["FactorEvent"][];
            /**
             * Workloads
             * @description That it is for; empty for all.
             * @default []
             */
            workloads: string[];
        };
        /**
         * Change
         * @description A change that somebody made to a workload.
         */
        Change: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Workload
             * @example worker
             */
            workload: string;
            /**
             * Change
             * @description mode, freeze, unfreeze ...
             * @example mode
             */
            change: string;
            /**
             * Actor
             * @example ops@example.com
             */
            actor: string;
            /** Reason */
            reason: string;
            /**
             * Mode
             * @description The mode from then on.
             * @enum {string}
             */
            mode: "off" | "observe" | "enforce";
            /** Frozen Until */
            frozen_until: string | null;
        };
        /**
         * Check
         * @description Something that the scaler itself lacks, whatever it scales.
         */
        Check: {
            /**
             * What
             * @example prometheus
             */
            what: string;
            /**
             * Why
             * @example prometheus does not answer since 18:02:11 UTC (timed out)
             */
            why: string;
        };
        /**
         * Clamp
         * @description Something that changed the count on its way.
         */
        Clamp: {
            /**
             * Name
             * @description What it is: excess cap, maximum, minimum, stabilization, rollout, frozen ...
             * @example maximum
             */
            name: string;
            /**
             * From
             * @example 9
             */
            from?: number | null;
            /**
             * To
             * @example 8
             */
            to?: number | null;
            /**
             * Why
             * @example maximum 8 instead of 9
             */
            why: string;
        };
        /**
         * Condition
         * @description Something that is not as usual, and holds now.
         */
        Condition: {
            /**
             * Kind
             * @example no_metrics
             */
            kind: string;
            /** Sentence */
            sentence: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
        };
        /**
         * Control
         * @description The mode of a workload and its freeze, and who changed them last.
         */
        Control: {
            /**
             * Mode
             * @description off: idle; observe: decides and tells; enforce: acts as well.
             * @enum {string}
             */
            mode: "off" | "observe" | "enforce";
            /**
             * Configured
             * @description The mode that the settings give.
             * @enum {string}
             */
            configured: "off" | "observe" | "enforce";
            /**
             * Changed At
             * Format: date-time
             */
            changed_at: string;
            /**
             * Changed By
             * @example ops@example.com
             */
            changed_by: string;
            /**
             * Reason
             * @example load test tonight
             */
            reason: string;
            /** @description Null when it is not frozen. */
            freeze: components["schemas"]["Freeze"] | null;
            /**
             * Kept
             * @description Whether a restart of the scaler would know of this change already.
             * @default true
             */
            kept: boolean;
        };
        /**
         * Cost
         * @description What the forecast's floor cost above the reactive path alone, and what it spared.
         */
        Cost: {
            /**
             * Workload
             * @example worker
             */
            workload: string;
            /** Window S */
            window_s: number;
            /**
             * Mode
             * @description Unless it is enforce, nobody acted on the floor.
             */
            mode: string;
            /**
             * Known S
             * @description How much of the window is known.
             */
            known_s: number;
            /**
             * Replica Hours
             * @description Decided.
             */
            replica_hours: number;
            /**
             * Reactive Replica Hours
             * @description Of the reactive path alone.
             */
            reactive_replica_hours: number;
            /** Extra Replica Hours */
            extra_replica_hours: number;
            /**
             * Short S
             * @description Time with too few replicas, by estimate.
             */
            short_s: number;
            /**
             * Reactive Short S
             * @description The same for the reactive path alone.
             */
            reactive_short_s: number;
            /** Avoided Short S */
            avoided_short_s: number;
            /** Sentence */
            sentence: string;
        };
        /** Credentials */
        Credentials: {
            /**
             * Email
             * @example ada@example.com
             */
            email: string;
            /**
             * Password
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * DatasetView
         * @description A checked CSV that tasks can work on.
         */
        DatasetView: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Name
             * @example bike_sharing_hourly.csv
             */
            name: string;
            /**
             * Size Bytes
             * @example 1490560
             */
            size_bytes: number;
            /**
             * Rows
             * @description Without the header and blank lines.
             * @example 17544
             */
            rows: number;
            /**
             * Columns
             * @example [
             *       "date_time",
             *       "temp",
             *       "users"
             *     ]
             */
            columns: string[];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Owner Id
             * Format: uuid
             */
            owner_id: string;
        };
        /**
         * Decision
         * @description One decision with its reason.
         */
        Decision: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Workload
             * @example worker
             */
            workload: string;
            /**
             * From Replicas
             * @example 2
             */
            from_replicas: number;
            /**
             * To Replicas
             * @example 3
             */
            to_replicas: number;
            /**
             * Mode
             * @example enforce
             */
            mode: string;
            /** Acted */
            acted: boolean;
            /**
             * Reason
             * @example 11.2 slots are forecast in 300 s and 3 replicas carry them
             */
            reason: string;
            details: components["schemas"]["DecisionDetails"];
            /** @description Null until the decision's horizon has passed. */
            judgement?: components["schemas"]["Judgement"] | null;
        };
        /**
         * DecisionDetails
         * @description The figures behind a decision; null where a figure is not known.
         */
        DecisionDetails: {
            /**
             * Reactive
             * @description Replicas that the present load needs; null without metrics.
             * @example 2
             */
            reactive: number | null;
            /**
             * Floor
             * @description Least replicas by the forecast.
             * @example 3
             */
            floor: number | null;
            /**
             * Load
             * @example 7.5
             */
            load: number | null;
            /**
             * Forecast
             * @description Greatest load within the horizon, at the quantile, raised by what came since.
             * @example 11.2
             */
            forecast: number | null;
            /**
             * Quantile
             * @example 0.9
             */
            quantile: number | null;
            /**
             * Alone
             * @description Replicas that the reactive path would be at, had there been no floor.
             * @example 2
             */
            alone?: number | null;
            /**
             * Wanted
             * @description What the reactive formula asks for, before its window and the bounds.
             */
            wanted?: number | null;
            /**
             * Keep
             * @description Least that others who scale it shall keep, by forecast, schedule and holds.
             */
            keep?: number | null;
            /**
             * Ready
             * @example 2
             */
            ready?: number | null;
            /**
             * Load Unit
             * @example slots
             */
            load_unit?: string | null;
            /**
             * Capacity
             * @description Load that one replica carries.
             */
            capacity?: number | null;
            /**
             * Target
             * @description Share of the capacity to run at.
             */
            target?: number | null;
            /**
             * Lower
             * @description Lower quantile at the horizon.
             */
            lower?: number | null;
            /**
             * Median
             * @description Median at the horizon.
             */
            median?: number | null;
            /**
             * Upper
             * @description Upper quantile at the horizon.
             */
            upper?: number | null;
            /**
             * Raised
             * @description Share that the forecast was raised by for what came since it was made.
             * @example 0.08
             */
            raised?: number | null;
            /**
             * Horizon S
             * @example 300
             */
            horizon_s?: number | null;
            /**
             * Schedule
             * @description Overrides by the clock that hold.
             * @default []
             * @example [
             *       "campaign"
             *     ]
             */
            schedule: string[];
            /**
             * Absence
             * @description Why there is no forecast or no load.
             */
            absence?: string | null;
            /**
             * Clamp
             * @description Bound that was reached.
             */
            clamp?: string | null;
            /**
             * Cooldown
             * @description Why scaling in has to wait.
             */
            cooldown?: string | null;
            /**
             * Clamps
             * @description All that changed the count, in order.
             * @default []
             */
            clamps: components["schemas"]["Clamp"][];
        };
        /**
         * Degradation
         * @description Something that is missing from the picture, and why.
         */
        Degradation: {
            /**
             * What
             * @example prometheus
             */
            what: string;
            /**
             * Why
             * @example it does not answer: connection refused
             */
            why: string;
        };
        /**
         * Explanation
         * @description Why a decision is as it is: one sentence, and every figure behind it.
         */
        Explanation: {
            /**
             * Workload
             * @example worker
             */
            workload: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Sentence */
            sentence: string;
            /** Inputs */
            inputs: components["schemas"]["Input"][];
            /** @description Null without a forecast. */
            interval: components["schemas"]["Interval"] | null;
            /**
             * Absence
             * @description Why there is no forecast or no load.
             */
            absence: string | null;
            /** Clamps */
            clamps: components["schemas"]["Clamp"][];
            decision: components["schemas"]["Decision"];
            /** @description What its forecaster knows beside the load, now. */
            external?: components["schemas"]["ExternalFactors"] | null;
        };
        /**
         * ExternalFactor
         * @description Something beside the load that its forecast may look at.
         */
        ExternalFactor: {
            /**
             * Name
             * @description series NAME, events NAME or holiday in CODE.
             * @example series temperature
             */
            name: string;
            /**
             * Value
             * @description Now; null where it is not known.
             */
            value: number | null;
            /**
             * Known Until
             * @description Unix time up to which it is registered.
             */
            known_until: number | null;
            /**
             * Is Used
             * @description Whether the forecaster in service was fitted with it.
             */
            is_used: boolean;
            /**
             * Problem
             * @description Why the forecast has to do without it now.
             */
            problem: string | null;
        };
        /**
         * ExternalFactors
         * @description What moves a load from outside.
         */
        ExternalFactors: {
            /**
             * Timezone
             * @description IANA name of the clock that days follow.
             * @example UTC
             */
            timezone: string;
            /**
             * Country
             * @description Whose public holidays count.
             * @example DE-BY
             */
            country: string | null;
            /** Factors */
            factors: components["schemas"]["ExternalFactor"][];
        };
        /**
         * Factor
         * @description A series or a calendar of events that is registered as moving loads from outside.
         */
        Factor: {
            /**
             * Name
             * @example temperature
             */
            name: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "series" | "events";
            /**
             * Workloads
             * @description That it is for; empty for all.
             */
            workloads: string[];
            /**
             * Is Planned
             * @description Whether all of it was known long ahead.
             */
            is_planned: boolean;
            /**
             * Count
             * @description Values or events.
             */
            count: number;
            /**
             * First
             * @description Unix time of the first.
             */
            first: number | null;
            /**
             * Last
             * @description Unix time of the last, or of its end.
             */
            last: number | null;
            /**
             * Registered At
             * Format: date-time
             */
            registered_at: string;
            /**
             * Registered By
             * @example ops@example.com
             */
            registered_by: string;
        };
        /**
         * FactorEvent
         * @description Something that was announced: a campaign, a match.
         */
        FactorEvent: {
            /**
             * Name
             * @example summer sale
             */
            name: string;
            /**
             * Start
             * @description Unix time.
             */
            start: number;
            /**
             * End
             * @description Unix time.
             */
            end: number;
            /**
             * Weight
             * @description Size beside others of its kind.
             * @default 1
             */
            weight: number;
        };
        /**
         * FactorEvents
         * @description A calendar with its events.
         */
        FactorEvents: {
            /**
             * Name
             * @example temperature
             */
            name: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "series" | "events";
            /**
             * Workloads
             * @description That it is for; empty for all.
             */
            workloads: string[];
            /**
             * Is Planned
             * @description Whether all of it was known long ahead.
             */
            is_planned: boolean;
            /**
             * Count
             * @description Values or events.
             */
            count: number;
            /**
             * First
             * @description Unix time of the first.
             */
            first: number | null;
            /**
             * Last
             * @description Unix time of the last, or of its end.
             */
            last: number | null;
            /**
             * Registered At
             * Format: date-time
             */
            registered_at: string;
            /**
             * Registered By
             * @example ops@example.com
             */
            registered_by: string;
            /** Entries */
            entries: components["schemas"]["FactorEvent"][];
        };
        /**
         * FactorSeries
         * @description A series with its values.
         */
        FactorSeries: {
            /**
             * Name
             * @example temperature
             */
            name: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "series" | "events";
            /**
             * Workloads
             * @description That it is for; empty for all.
             */
            workloads: string[];
            /**
             * Is Planned
             * @description Whether all of it was known long ahead.
             */
            is_planned: boolean;
            /**
             * Count
             * @description Values or events.
             */
            count: number;
            /**
             * First
             * @description Unix time of the first.
             */
            first: number | null;
            /**
             * Last
             * @description Unix time of the last, or of its end.
             */
            last: number | null;
            /**
             * Registered At
             * Format: date-time
             */
            registered_at: string;
            /**
             * Registered By
             * @example ops@example.com
             */
            registered_by: string;
            /** Entries */
            entries: components["schemas"]["FactorValue"][];
        };
        /**
         * FactorValue
         * @description A value of a series; it holds until the next one.
         */
        FactorValue: {
            /**
             * At
             * @description Unix time.
             */
            at: number;
            /**
             * Value
             * @description Null: unknown from then on.
             */
            value: number | null;
            /**
             * Known At
             * @description When it was known. Without it: of the past its own time, else now.
             */
            known_at?: number | null;
        };
        /**
         * Forecast
         * @description The load ahead, or why there is no forecast yet.
         */
        Forecast: {
            /**
             * Status
             * @enum {string}
             */
            status: "ready" | "none";
            /**
             * Why
             * @description Why there is none, in a word.
             * @example short_history
             */
            why?: string | null;
            /**
             * Reason
             * @example 12 of 60 minutes of history are there
             */
            reason?: string | null;
            /**
             * Basis
             * @description Which model speaks.
             * @example boosting
             */
            basis?: string | null;
            /**
             * At
             * @description Unix time that it is for.
             */
            at?: number | null;
            /**
             * Value
             * @description Median, in the load's unit.
             */
            value?: number | null;
            /**
             * Upper
             * @description Load at the quantile.
             */
            upper?: number | null;
            /**
             * Quantile
             * @example 0.9
             */
            quantile?: number | null;
            /**
             * Skill
             * @description 1 is perfect, 0 no better than naive.
             */
            skill?: number | null;
        };
        /**
         * ForecastPath
         * @description The forecast at each lead time ahead, or why there is none yet.
         */
        ForecastPath: {
            /**
             * Status
             * @enum {string}
             */
            status: "ready" | "none";
            /**
             * Why
             * @description Why there is none, in a word.
             * @example short_history
             */
            why?: string | null;
            /**
             * Reason
             * @example 12 of 60 minutes of history are there
             */
            reason?: string | null;
            /**
             * Basis
             * @description Which model speaks.
             * @example boosting
             */
            basis?: string | null;
            /**
             * At
             * @description Unix time that it is for.
             */
            at?: number | null;
            /**
             * Value
             * @description Median, in the load's unit.
             */
            value?: number | null;
            /**
             * Upper
             * @description Load at the quantile.
             */
            upper?: number | null;
            /**
             * Quantile
             * @example 0.9
             */
            quantile?: number | null;
            /**
             * Skill
             * @description 1 is perfect, 0 no better than naive.
             */
            skill?: number | null;
            /**
             * Workload
             * @example worker
             */
            workload: string;
            /**
             * Load Unit
             * @example slots
             */
            load_unit: string;
            /**
             * Path
             * @description By time ahead; empty without a forecast.
             */
            path: components["schemas"]["PathPoint"][];
            history: components["schemas"]["HistoryCover"];
        };
        /**
         * Freeze
         * @description Until its end nothing is scaled in and the forecast asks for nothing.
         *
         *     The reactive path may still scale out.
         */
        Freeze: {
            /**
             * Until
             * Format: date-time
             */
            until: string;
            /**
             * By
             * @description Who froze it.
             */
            by: string;
            /** Reason */
            reason: string;
        };
        /**
         * FreezeRequest
         * @description Hold back scale-in and the forecast for a while; it ends by itself.
         */
        FreezeRequest: {
            /**
             * For S
             * @example 1800
             */
            for_s: number;
            /** Reason */
            reason: string;
        };
        /**
         * History
         * @description Load of the past, given instead of what was seen.
         */
        History: {
            /**
             * Step S
             * @example 60
             */
            step_s: number;
            /**
             * End
             * @description Unix time of the last value.
             * @example 1795500000
             */
            end: number;
            /**
             * Values
             * @example [
             *       4,
             *       5.5,
             *       6.1
             *     ]
             */
            values: number[];
        };
        /**
         * HistoryCover
         * @description How much history a first forecast waits for.
         */
        HistoryCover: {
            /** Covered S */
            covered_s: number;
            /** Needed S */
            needed_s: number;
        };
        /**
         * Input
         * @description A figure that a decision was made from.
         */
        Input: {
            /**
             * Name
             * @example load
             */
            name: string;
            /**
             * Value
             * @example 7.5
             */
            value: number;
            /**
             * Unit
             * @example slots
             */
            unit: string;
        };
        /**
         * Interval
         * @description The load that was forecast, with its band.
         */
        Interval: {
            /**
             * Peak
             * @description Greatest upper quantile within the horizon.
             */
            peak: number;
            /** Lower */
            lower?: number | null;
            /** Median */
            median?: number | null;
            /** Upper */
            upper?: number | null;
            /**
             * Quantile
             * @example 0.95
             */
            quantile?: number | null;
            /**
             * Horizon S
             * @example 300
             */
            horizon_s?: number | null;
        };
        /**
         * Judgement
         * @description A decision in hindsight, once its horizon has passed.
         */
        Judgement: {
            /**
             * Verdict
             * @description good, too few, too many, late or not needed.
             * @example good
             */
            verdict: string;
            /**
             * Best
             * @description The count that would have been best.
             */
            best?: number | null;
            /**
             * Needed
             * @description The most that the load asked for.
             */
            needed?: number | null;
            /**
             * Regret
             * @description Cost above that of the best count, in replica-hours.
             */
            regret?: number | null;
            /** Sentence */
            sentence?: string | null;
        };
        /** Key */
        Key: {
            /**
             * Kty
             * @example OKP
             */
            kty: string;
            /**
             * Crv
             * @example Ed25519
             */
            crv: string;
            /** X */
            x: string;
            /** Kid */
            kid: string;
            /**
             * Alg
             * @example EdDSA
             */
            alg: string;
            /**
             * Use
             * @example sig
             */
            use: string;
        };
        /**
         * KeySet
         * @description Public keys that access tokens are signed with (RFC 7517).
         */
        KeySet: {
            /** Keys */
            keys: components["schemas"]["Key"][];
        };
        /**
         * Learning
         * @description What judged decisions were, and taught.
         */
        Learning: {
            /**
             * Verdicts
             * @description How many decisions were good, too few ...
             */
            verdicts: {
                [key: string]: number;
            };
            /**
             * Regret Replica Hours
             * @description Cost above that of the best counts.
             */
            regret_replica_hours: number;
            /**
             * Quantile
             * @description Level of the forecast that becomes the floor.
             */
            quantile: number;
            /**
             * Because
             * @description Why it is that level.
             */
            because: string;
            /** @description The newest judgement. */
            last?: components["schemas"]["Judgement"] | null;
        };
        /**
         * ModeRequest
         * @description Another mode for one workload.
         */
        ModeRequest: {
            /**
             * Mode
             * @description off: idle; observe: decides and tells; enforce: acts as well.
             * @enum {string}
             */
            mode: "off" | "observe" | "enforce";
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /**
         * Model
         * @description A version of a workload's forecaster that is kept.
         */
        Model: {
            /**
             * Version
             * @example 20261125T180000Z-3
             */
            version: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Is Serving */
            is_serving: boolean;
            /**
             * Is Pinned
             * @description Rolled back to: no newer one serves by itself.
             */
            is_pinned: boolean;
            /**
             * Data From
             * @description Unix time of the oldest load it learnt from.
             */
            data_from: number;
            /**
             * Data To
             * @description Unix time of the newest one.
             */
            data_to: number;
            /** Features */
            features: string[];
            /**
             * Scores
             * @description Of its back-test, by name.
             */
            scores: {
                [key: string]: number;
            };
            /**
             * Reason
             * @description Why it was fitted.
             */
            reason: string;
        };
        /**
         * Overview
         * @description Series of points (unix time, value), oldest first; empty where nothing is known.
         */
        Overview: {
            /**
             * Requests Rps
             * @default []
             */
            requests_rps: [
                number,
                number
            ][];
            /**
             * Errors Ratio
             * @description Answers with 5xx, 0 to 1.
             * @default []
             */
            errors_ratio: [
                number,
                number
            ][];
            /**
             * Latency P95 S
             * @default []
             */
            latency_p95_s: [
                number,
                number
            ][];
            /**
             * Latency P50 S
             * @default []
             */
            latency_p50_s: [
                number,
                number
            ][];
            /**
             * Queue Depth
             * @description Tasks that wait or run.
             * @default []
             */
            queue_depth: [
                number,
                number
            ][];
            /**
             * Workers Ready
             * @default []
             */
            workers_ready: [
                number,
                number
            ][];
            /**
             * Api Ready
             * @default []
             */
            api_ready: [
                number,
                number
            ][];
            /**
             * Degraded
             * @default []
             */
            degraded: components["schemas"]["Degradation"][];
        };
        /**
         * PathPoint
         * @description The forecast for one time ahead.
         */
        PathPoint: {
            /**
             * At
             * @description Unix time that it is for.
             */
            at: number;
            /**
             * Ahead S
             * @example 300
             */
            ahead_s: number;
            /** Lower */
            lower: number | null;
            /** Median */
            median: number;
            /** Upper */
            upper: number;
        };
        /**
         * Recommendation
         * @description What one container should ask for of one resource, from its usage.
         */
        Recommendation: {
            /**
             * Workload
             * @example worker
             */
            workload: string;
            /**
             * Container
             * @example worker
             */
            container: string;
            /**
             * Resource
             * @enum {string}
             */
            resource: "cpu" | "memory";
            /**
             * Unit
             * @description cores or bytes.
             * @example cores
             */
            unit: string;
            /**
             * Request
             * @description What it asks for now.
             */
            request?: number | null;
            /**
             * Target
             * @description What it should ask for.
             */
            target: number;
            /**
             * Lower
             * @description Less than this is too little.
             */
            lower?: number | null;
            /**
             * Upper
             * @description More than this is wasted.
             */
            upper?: number | null;
            /**
             * Limit
             * @description Limit that goes with the target.
             */
            limit?: number | null;
            /** Sentence */
            sentence: string;
        };
        /**
         * RefreshBody
         * @description Mobile clients send the token here; browsers send the cookie and no body.
         */
        RefreshBody: {
            /** Refresh Token */
            refresh_token?: string | null;
        };
        /**
         * Registered
         * @description A user, as it was registered.
         */
        Registered: {
            /**
             * Id
             * Format: uuid
             * @example 0198c1f2-6b1e-7c3a-9d41-0a8f5a3c7e10
             */
            id: string;
            /**
             * Email
             * @example ada@example.com
             */
            email: string;
            /**
             * Name
             * @example Ada Lovelace
             */
            name: string;
            role: components["schemas"]["Role"];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /** Registration */
        Registration: {
            /**
             * Email
             * Format: email
             * @example ada@example.com
             */
            email: string;
            /**
             * Password
             * @example correct horse battery
             */
            password: string;
            /**
             * Name
             * @default
             * @example Ada Lovelace
             */
            name: string;
        };
        /** Replicas */
        Replicas: {
            /** Desired */
            desired: number;
            /** Ready */
            ready: number;
            /** Minimum */
            minimum: number;
            /** Maximum */
            maximum: number;
        };
        /**
         * Role
         * @description What a user may do; each role may do what the one before may.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "admin";
        /**
         * RollbackRequest
         * @description Let an older model serve.
         */
        RollbackRequest: {
            /**
             * Version
             * @description Without one: the version before. "newest": the newest serves again.
             */
            version?: string | null;
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /**
         * Series
         * @description Points (unix time, value); a forecast stands at the time that it is for.
         */
        Series: {
            /**
             * Actual
             * @description Load.
             */
            actual: [
                number,
                number
            ][];
            /**
             * Forecast
             * @description Median that was forecast a horizon before.
             */
            forecast: [
                number,
                number
            ][];
            /**
             * Upper
             * @description Its upper quantile.
             */
            upper: [
                number,
                number
            ][];
            /**
             * Replicas
             * @description Ready replicas.
             */
            replicas: [
                number,
                number
            ][];
            /**
             * Lower
             * @description Its lower quantile.
             * @default []
             */
            lower: [
                number,
                number
            ][];
            /**
             * Reactive
             * @description Replicas that the reactive path alone would be at.
             * @default []
             */
            reactive: [
                number,
                number
            ][];
            /**
             * Floor
             * @description Replicas that the forecast asked for.
             * @default []
             */
            floor: [
                number,
                number
            ][];
            /**
             * Desired
             * @description Replicas that were decided.
             * @default []
             */
            desired: [
                number,
                number
            ][];
        };
        /**
         * SeriesRequest
         * @description A series that goes with loads; it replaces one of the same name.
         */
        SeriesRequest: {
            /**
             * Values
             * @description Times increase.
             */
            values: components["schemas"]["FactorValue"][];
            /**
             * Workloads
             * @description That it is for; empty for all.
             * @default []
             */
            workloads: string[];
            /**
             * Planned
             * @description All of it was known long ahead: a plan.
             * @default false
             */
            planned: boolean;
        };
        /**
         * TaskPage
         * @description Tasks, newest first.
         */
        TaskPage: {
            /** Items */
            items: components["schemas"]["TaskView"][];
            /**
             * Next Cursor
             * @description Ask for the next page with it; null: the last.
             */
            next_cursor: string | null;
        };
        /**
         * TaskState
         * @enum {string}
         */
        TaskState: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        /**
         * TaskSubmission
         * @description A piece of work to be done.
         * @example {
         *       "parameters": {
         *         "mode": "wait",
         *         "seconds": 2
         *       },
         *       "type": "load.synthetic"
         *     }
         */
        TaskSubmission: {
            /**
             * Type
             * @description The name of a task type, see /task-types.
             */
            type: string;
            /**
             * Parameters
             * @description As the type's JSON schema describes them.
             */
            parameters?: {
                [key: string]: unknown;
            };
        };
        /**
         * TaskTypeView
         * @description A kind of work that may be submitted.
         */
        TaskTypeView: {
            /**
             * Type
             * @example load.synthetic
             */
            type: string;
            /** Title */
            title: string;
            /** Description */
            description: string;
            /**
             * Parameters
             * @description JSON schema of a submission's parameters.
             */
            parameters: {
                [key: string]: unknown;
            };
        };
        /**
         * TaskView
         * @description A task as its owner sees it.
         */
        TaskView: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Type
             * @example load.synthetic
             */
            type: string;
            /** Parameters */
            parameters: {
                [key: string]: unknown;
            };
            state: components["schemas"]["TaskState"];
            /**
             * Progress
             * @description Share of the present run that is done.
             */
            progress: number;
            /**
             * Message
             * @description What the task is doing, or what it waits for.
             */
            message: string | null;
            /**
             * Attempts
             * @description Runs begun; more than one after a retry.
             */
            attempts: number;
            /** Result */
            result?: {
                [key: string]: unknown;
            } | null;
            /** Error */
            error?: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Started At */
            started_at?: string | null;
            /** Finished At */
            finished_at?: string | null;
            /**
             * Owner Id
             * Format: uuid
             */
            owner_id: string;
        };
        /** Tokens */
        Tokens: {
            /**
             * Access Token
             * @description Send it as Authorization: Bearer <access_token>.
             */
            access_token: string;
            /**
             * Token Type
             * @default bearer
             * @constant
             */
            token_type: "bearer";
            /**
             * Expires In
             * @description Seconds until the access token ends.
             * @example 900
             */
            expires_in: number;
            /**
             * Refresh Token
             * @description Only for X-Client: mobile; browsers get a cookie.
             */
            refresh_token?: string | null;
        };
        /** User */
        User: {
            /**
             * Id
             * Format: uuid
             * @example 0198c1f2-6b1e-7c3a-9d41-0a8f5a3c7e10
             */
            id: string;
            /**
             * Email
             * @example ada@example.com
             */
            email: string;
            /**
             * Name
             * @example Ada Lovelace
             */
            name: string;
            role: components["schemas"]["Role"];
            /** Is Disabled */
            is_disabled: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /**
         * UserChange
         * @description What is left out stays as it is.
         */
        UserChange: {
            /** @example operator */
            role?: components["schemas"]["Role"] | null;
            /** Is Disabled */
            is_disabled?: boolean | null;
        };
        /** UserPage */
        UserPage: {
            /** Items */
            items: components["schemas"]["User"][];
            /**
             * Next Cursor
             * @description Ask with it for what follows; null at the end.
             */
            next_cursor: string | null;
        };
        /**
         * Workload
         * @description What is scaled, now.
         */
        Workload: {
            /**
             * Name
             * @example worker
             */
            name: string;
            /**
             * Mode
             * @example enforce
             */
            mode: string;
            control?: components["schemas"]["Control"] | null;
            replicas: components["schemas"]["Replicas"];
            /** Load */
            load: number | null;
            /**
             * Load Unit
             * @example slots
             */
            load_unit: string;
            /**
             * Capacity
             * @description Load that one replica carries.
             */
            capacity?: number | null;
            /**
             * Capacity Lower
             * @description By what was learnt, four times of five it is not below this.
             */
            capacity_lower?: number | null;
            /**
             * Capacity Upper
             * @description Nor above this; never more than is configured is decided by.
             */
            capacity_upper?: number | null;
            /**
             * Capacity Because
             * @description Why that is believed.
             */
            capacity_because?: string | null;
            forecast: components["schemas"]["Forecast"];
            decision: components["schemas"]["Decision"] | null;
            /**
             * Conditions
             * @description What is not as usual.
             * @default []
             */
            conditions: components["schemas"]["Condition"][];
            learning?: components["schemas"]["Learning"] | null;
            /**
             * Model
             * @description Version of the forecaster in service.
             */
            model?: string | null;
            /** @description What moves the load from outside. */
            external?: components["schemas"]["ExternalFactors"] | null;
        };
        /**
         * ProblemField
         * @description One field that is wrong.
         */
        ProblemField: {
            /**
             * Field
             * @example body.email
             */
            field: string;
            /**
             * Found
             * @example not-an-address
             */
            found: unknown;
            /**
             * Allowed
             * @example value is not a valid email address
             */
            allowed: string;
        };
        /**
         * Problem
         * @description An error, as RFC 9457 describes it.
         */
        Problem: {
            /**
             * Type
             * @example about:blank
             */
            type: string;
            /**
             * Title
             * @example A value is not allowed
             */
            title: string;
            /**
             * Status
             * @example 422
             */
            status: number;
            /**
             * Detail
             * @example body.email: value is not a valid email address
             */
            detail: string;
            /**
             * Errors
             * @default []
             */
            errors: components["schemas"]["ProblemField"][];
            /**
             * Correlation Id
             * @default null
             * @example 0f8fad5bd9cb469fa16570867728950e
             */
            correlation_id: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    register_api_v1_auth_register_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description The e-mail address is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_api_v1_auth_sign_in_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description mobile: the refresh token travels in the body. */
                "X-Client"?: "web" | "mobile";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description E-mail or password is wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refresh_api_v1_auth_refresh_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description mobile: the refresh token travels in the body. */
                "X-Client"?: "web" | "mobile";
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshBody"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description The refresh token is not good; The refresh token was used before */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out_api_v1_auth_sign_out_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description mobile: the refresh token travels in the body. */
                "X-Client"?: "web" | "mobile";
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshBody"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    keys_api_v1_auth_keys_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_me_api_v1_users_me_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such user */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_users_api_v1_users_get: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_user_api_v1_users__id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such user */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The last administrator stays */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_datasets_api_v1_datasets_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetView"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_dataset_api_v1_datasets_post: {
        parameters: {
            query?: {
                /** @description Needed unless a form names the file. */
                name?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example hour,users
                 *     0,16
                 *     1,40
                 */
                "text/csv": string;
                "multipart/form-data": {
                    /** Format: binary */
                    file: string;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetView"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The upload stopped */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The dataset is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many uploads at once; A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No space is left for the dataset */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_dataset_api_v1_datasets__id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetView"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_dataset_api_v1_datasets__id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_task_types_api_v1_task_types_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskTypeView"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tasks_api_v1_tasks_get: {
        parameters: {
            query?: {
                state?: components["schemas"]["TaskState"] | null;
                type?: string | null;
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskPage"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submit_task_api_v1_tasks_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body gives the same task, never a second one. */
                "idempotency-key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskSubmission"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The idempotency key was used for another request */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_task_api_v1_tasks__id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_task_api_v1_tasks__id__cancel_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The task has finished */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workloads_api_v1_scaling_workloads_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workload"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_checks_api_v1_scaling_checks_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Check"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_series_api_v1_scaling_workloads__name__series_get: {
        parameters: {
            query?: {
                window_s?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_forecast_api_v1_scaling_workloads__name__forecast_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForecastPath"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_decisions_api_v1_scaling_decisions_get: {
        parameters: {
            query?: {
                workload?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decision"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_explanation_api_v1_scaling_workloads__name__explanation_get: {
        parameters: {
            query?: {
                at?: string | null;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload; The scaler knows no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_what_if_api_v1_scaling_workloads__name__what_if_get: {
        parameters: {
            query: {
                load: number;
                ready?: number | null;
                current?: number | null;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_cost_api_v1_scaling_workloads__name__cost_get: {
        parameters: {
            query?: {
                window_s?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cost"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_anomalies_api_v1_scaling_workloads__name__anomalies_get: {
        parameters: {
            query?: {
                window_s?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Anomaly"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_recommendations_api_v1_scaling_recommendations_get: {
        parameters: {
            query?: {
                workload?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recommendation"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_models_api_v1_scaling_workloads__name__models_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_changes_api_v1_scaling_workloads__name__changes_get: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Change"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_mode_api_v1_scaling_workloads__name__mode_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ModeRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Control"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    freeze_api_v1_scaling_workloads__name__freeze_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FreezeRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Control"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unfreeze_api_v1_scaling_workloads__name__freeze_delete: {
        parameters: {
            query?: {
                reason?: string;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Control"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    roll_back_api_v1_scaling_workloads__name__rollback_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollbackRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The model cannot serve; Another replica of the scaler acts */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replace_history_api_v1_scaling_workloads__name__history_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["History"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another replica of the scaler acts */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_series_api_v1_scaling_series_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_registered_series_api_v1_scaling_series__name__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorSeries"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler knows no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    register_series_api_v1_scaling_series__name__put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SeriesRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_series_api_v1_scaling_series__name__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler knows no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_calendars_api_v1_scaling_events_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"][];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_calendar_api_v1_scaling_events__name__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FactorEvents"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler knows no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    register_calendar_api_v1_scaling_events__name__put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalendarRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No such workload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_calendar_api_v1_scaling_events__name__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler knows no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler's answer is not understood */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The scaler is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_overview_api_v1_platform_overview_get: {
        parameters: {
            query?: {
                window_s?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description Sign in first */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Your role does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not allowed */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a dependency is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
