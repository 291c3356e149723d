/**
 * The server's REST interface, made from docs/openapi.json by `npm run api-types`. Do not edit.
 */

export interface paths {
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Logs in. */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends the login that an access token, a refresh token or a cookie shows, whether or not it has
         *     ended before.
         */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends every login of the account, this one too, and gives a new one. */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** New tokens for a refresh token, which comes in the body or in a cookie. */
        post: operations["refreshTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes an account.
         * @description Answers the same whether the login was free or taken: log in to see.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes the deletion of an account back. */
        post: operations["restoreAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The description of the REST interface as a page. */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/style.css": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How that page looks. */
        get: operations["getDocsStyle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The documents of whoever asks, the one that was changed last first. */
        get: operations["listDocuments"];
        put?: never;
        /** Makes a document. */
        post: operations["createDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A document, and what whoever asks may do with it. */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        /** Puts a document into the trash, for thirty days. */
        delete: operations["trashDocument"];
        options?: never;
        head?: never;
        /** Changes the name or the language of a document. */
        patch: operations["changeDocument"];
        trace?: never;
    };
    "/api/documents/{id}/blame": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who wrote each line. */
        get: operations["getBlame"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The text of a document, with its own line ending. */
        get: operations["getContent"];
        /**
         * Writes the whole text, as one edit.
         * @description With `base`, it merges with whatever was typed since that revision; with `If-Match`, it is
         *     written only if nothing was; with neither, it replaces the present text.
         */
        put: operations["putContent"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What differs between two revisions, line by line. */
        get: operations["getDifference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed the document, and when: revisions in groups by person and time, the newest first. */
        get: operations["getTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/history/{revision}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One revision, and what it changed. */
        get: operations["getRevision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/history/{revision}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the text what it was, by a new edit. */
        post: operations["restoreRevision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The links of a document. Their secrets are not shown again. */
        get: operations["listLinks"];
        put?: never;
        /** Makes a link that lets in whoever knows it. */
        post: operations["createLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/links/{link}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a link, and the membership of everybody who came through it. */
        delete: operations["revokeLink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who may do something with a document. */
        get: operations["listMembers"];
        put?: never;
        /** Makes somebody with an account a member. */
        post: operations["inviteMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a member out, or leaves. */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /** Gives a member another role. */
        patch: operations["changeMember"];
        trace?: never;
    };
    "/api/documents/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a document out of the trash, whether or not it was taken out before. */
        post: operations["restoreDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions of a document, the newest first. */
        get: operations["listVersions"];
        put?: never;
        /** Names the present revision, or an older one. */
        post: operations["nameVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version. */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        /** Forgets a version. Its revision can still be read. */
        delete: operations["forgetVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/{id}/versions/{version}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the text what it was in a version, by a new edit. */
        post: operations["restoreVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/documents/trash": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The latest deleted documents of whoever asks. */
        get: operations["listTrash"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the process lives.
         * @description Restart it if it does not answer.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/redeem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes up a link: as who is logged in, or else as a guest. */
        post: operations["redeemLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description. */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether edits can be committed.
         * @description Send people elsewhere if not; no restart helps.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has exactly this login: nobody can leaf through the others. */
        get: operations["findUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks. */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /** Shuts the account at once. For seven days it can be restored. */
        delete: operations["deleteMe"];
        options?: never;
        head?: never;
        /** Changes the name that others see. */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/api/users/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is logged in. */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /** Ends all logins but the one that asks. */
        delete: operations["endOtherSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a login. */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/socket/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether sockets are served, and how many are open. */
        get: operations["getSocketHealth"];
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
        /** @description A user as JSON shows him to himself. */
        Account: {
            id: components["schemas"]["Id"];
            kind: components["schemas"]["UserKind"];
            login?: string;
            name: string;
        };
        AccountChange: {
            name: components["schemas"]["Name"];
        };
        AccountDeletion: {
            /** @description Once more; a guest has none. */
            password?: string | null;
        };
        Blame: {
            revision: components["schemas"]["Revision"];
            runs: components["schemas"]["BlameRun"][];
        };
        /** @description Lines one below the other that were touched last by one revision. */
        BlameRun: {
            at: components["schemas"]["Time"];
            /** @description The first of them, from 1 on. */
            line: number;
            lines: number;
            person: components["schemas"]["Writer"];
            revision: components["schemas"]["Revision"];
        };
        /** @description What became of a text or a version that was handed in. */
        Committed: {
            /** @description What it was made from. */
            base: components["schemas"]["Revision"];
            /** @description The document holds it from this revision on. */
            revision: components["schemas"]["Revision"];
        };
        /** @description The tag of the revision that the document must be at, or `*` for any. */
        Condition: string;
        Credentials: {
            /** @description Whether the refresh token shall come as a cookie instead. */
            cookie?: boolean;
            login: string;
            password: string;
        };
        /** @description Where the page goes on, as the page before says in `next`. */
        Cursor: string;
        Difference: {
            from: components["schemas"]["Revision"];
            hunks: components["schemas"]["Hunk"][];
            to: components["schemas"]["Revision"];
        };
        /** @description A document as JSON shows it. */
        Document: {
            /**
             * Format: int64
             * @description Of its text in UTF-8, with line feeds.
             */
            bytes: number;
            created_at: components["schemas"]["Time"];
            id: components["schemas"]["Id"];
            language: string | null;
            line_ending: components["schemas"]["LineEnding"];
            name: string;
            revision: components["schemas"]["Revision"];
            updated_at: components["schemas"]["Time"];
        };
        DocumentChange: {
            language?: components["schemas"]["Language"] | null;
            name?: components["schemas"]["Name"] | null;
        };
        DocumentPage: {
            documents: components["schemas"]["ListedDocument"][];
            /** @description The cursor of the next page, if there is one. */
            next: string | null;
        };
        /** @description A document, and what whoever asks may do with it. */
        DocumentWithRole: components["schemas"]["Document"] & {
            role: components["schemas"]["Role"];
        };
        /** @description A revision as an entity tag: its digits in quotes. */
        EntityTag: string;
        /**
         * Format: int64
         * @description Seconds from now.
         */
        ExpiresIn: number;
        /** @description A server that is well. */
        Health: {
            /** @description `ok`. */
            status: string;
            /** @description Of the server. */
            version: string;
        };
        /**
         * @description Lines that went and lines that came. Lines are counted from 1; where none went or came, the
         *     number is that of the line they stood or stand before.
         */
        Hunk: {
            added: string[];
            from_line: number;
            removed: string[];
            to_line: number;
        };
        /**
         * Format: uuid
         * @description A UUID.
         */
        Id: string;
        /** @description Visible characters of ASCII, such as a UUID, that stand for one request of one person. */
        Key: string;
        /** @description Tags of revisions that are known, strong or weak, or `*` for any. */
        KnownTags: string;
        /** @description As a name, but it may be empty. */
        Label: string;
        /** @description The language that an editor shows the text in, such as `rust`. */
        Language: string;
        /**
         * @description How the lines of its text end in a file.
         * @enum {string}
         */
        LineEnding: "lf" | "crlf";
        Link: {
            created_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["Time"] | null;
            /** @description Whether people without an account may come in. */
            guests: boolean;
            id: components["schemas"]["Id"];
            label: string;
            /**
             * Format: int64
             * @description How many are members through it.
             */
            members: number;
            role: components["schemas"]["Role"];
        };
        LinkList: {
            links: components["schemas"]["Link"][];
        };
        /** @enum {string} */
        LinkRole: "viewer" | "editor";
        /** @description A link with its secret, which is shown this once. */
        LinkWithSecret: components["schemas"]["Link"] & {
            /** @description Where a browser takes it up. What follows the `#` never leaves the browser. */
            path: string;
            secret: string;
        };
        /** @description A document, and whose it is. */
        ListedDocument: components["schemas"]["Document"] & {
            owner: components["schemas"]["Owner"] | null;
        };
        /** @description The name to log in with. Capitals are taken for small letters, and spaces around it for nothing. */
        Login: string;
        /** @description Somebody who may do something with a document. */
        Member: {
            kind: components["schemas"]["UserKind"];
            /** @description The link he came through. */
            link?: components["schemas"]["Id"];
            /** @description Shown to owners, and to everybody his own. */
            login?: string;
            name: string;
            role: components["schemas"]["Role"];
            since: components["schemas"]["Time"];
            /** @description When that link ends. */
            until?: components["schemas"]["Time"];
            user: components["schemas"]["Id"];
        };
        MemberChange: {
            role: components["schemas"]["Role"];
        };
        MemberList: {
            members: components["schemas"]["Member"][];
        };
        /** @description A name that people see. Blanks around it are taken away. What people count as one character counts as one, of however many it is made; all together may have 256 bytes in UTF-8. */
        Name: string;
        NewDocument: {
            language?: components["schemas"]["Language"] | null;
            name: components["schemas"]["Name"];
            text?: components["schemas"]["Text"] | null;
        };
        NewLink: {
            expires_in?: components["schemas"]["ExpiresIn"] | null;
            /** @description Whether people without an account may come in. */
            guests?: boolean;
            label?: components["schemas"]["Label"];
            role: components["schemas"]["LinkRole"];
        };
        NewMember: {
            login: string;
            role: components["schemas"]["Role"];
        };
        /** @description A password to be. The commonest, the login itself and one character again and again are refused. */
        NewPassword: string;
        NewVersion: {
            name: components["schemas"]["Name"];
            revision?: components["schemas"]["Revision"] | null;
        };
        Owner: {
            name: string;
            user: components["schemas"]["Id"];
        };
        /**
         * Format: int64
         * @description Entries on a page.
         */
        PageLimit: number;
        PasswordChange: {
            /** @description Whether the refresh token shall come as a cookie instead. */
            cookie?: boolean;
            current: string;
            new: components["schemas"]["NewPassword"];
        };
        /** @description The body of RFC 9457, section 3, with a stable `code` for programs. */
        Problem: {
            code: components["schemas"]["ProblemCode"];
            /** @description A sentence for people. It may change. */
            detail: string;
            /**
             * Format: int32
             * @description The status once more.
             */
            status: number;
            /** @description The status in words. */
            title: string;
            /**
             * Format: uri-reference
             * @description `about:blank`: the status and the code say what it is.
             */
            type: string;
        };
        /** @enum {string} */
        ProblemCode: "invalid_json" | "invalid_query" | "invalid_cursor" | "invalid_document_id" | "invalid_version_id" | "invalid_revision" | "invalid_text" | "invalid_idempotency_key" | "login_required" | "invalid_token" | "token_expired" | "session_ended" | "wrong_credentials" | "account_disabled" | "deletion_pending" | "registration_closed" | "guests_cannot" | "guests_not_allowed" | "role_too_low" | "wrong_origin" | "not_found" | "no_accounts" | "document_not_found" | "revision_not_found" | "version_not_found" | "session_not_found" | "user_not_found" | "member_not_found" | "link_not_found" | "method_not_allowed" | "timeout" | "already_member" | "last_owner" | "guest_owner" | "too_many_members" | "too_many_links" | "too_many_versions" | "too_many_clients" | "request_underway" | "precondition_failed" | "body_too_large" | "text_too_large" | "unsupported_media_type" | "wrong_host" | "invalid_body" | "invalid_name" | "invalid_language" | "invalid_login" | "invalid_password" | "idempotency_key_taken" | "socket_expected" | "too_many_requests" | "internal_error" | "logins_busy" | "draining" | "too_many_connections" | "unavailable" | "disk_full";
        Redeemed: {
            document: components["schemas"]["Id"];
            /** @description The document's. */
            name: string;
            role: components["schemas"]["Role"];
        };
        /** @description A guest is logged in with it. */
        RedeemedByGuest: components["schemas"]["Redeemed"] & components["schemas"]["Tokens"];
        Redemption: {
            /** @description Whether the refresh token shall come as a cookie instead. */
            cookie?: boolean;
            name?: components["schemas"]["Name"] | null;
            secret: string;
        };
        RefreshToken: {
            /** @description Not there where a cookie has it. */
            refresh_token?: string | null;
        };
        Registered: {
            /** @description In the spelling that counts. */
            login: string;
        };
        Registration: {
            login: components["schemas"]["Login"];
            name?: components["schemas"]["Name"] | null;
            password: components["schemas"]["NewPassword"];
        };
        /**
         * Format: int64
         * @description Operations committed to a document since it was made.
         */
        Revision: number;
        /** @description One revision, and what it changed. */
        RevisionChange: {
            at: components["schemas"]["Time"];
            /** Format: int64 */
            deleted_chars: number;
            edits: components["schemas"]["TextEdit"][];
            /** Format: int64 */
            inserted_chars: number;
            person: components["schemas"]["Writer"];
            revision: components["schemas"]["Revision"];
        };
        /** @description Where the page goes on, as the page before says in `next`. */
        RevisionCursor: string;
        /**
         * @description A role as JSON names it.
         * @enum {string}
         */
        Role: "viewer" | "editor" | "owner";
        /** @description What a name shall hold. */
        Search: string;
        /** @description A login as JSON shows it to its user. */
        Session: {
            address: string;
            agent: string;
            created_at: components["schemas"]["Time"];
            /** @description Whether it is the one that asks. */
            current: boolean;
            expires_at: components["schemas"]["Time"];
            id: components["schemas"]["Id"];
            used_at: components["schemas"]["Time"];
        };
        SessionList: {
            sessions: components["schemas"]["Session"][];
        };
        /** @description Sockets that are well. */
        SocketHealth: {
            /** @description How many are open. */
            sockets: number;
            /** @description `ok`. */
            status: string;
        };
        /** @description The text of a document, at most 10 MiB in UTF-8. */
        Text: string;
        /** @description A place in the text before. */
        TextEdit: {
            deleted: string;
            inserted: string;
            /** @description From 1 on. */
            line: number;
            /** @description In chars, from 0 on. */
            offset: number;
        };
        /**
         * Format: date-time
         * @description A moment, in UTC.
         */
        Time: string;
        Timeline: {
            /** @description Whether the last group goes on on the next page. */
            goes_on: boolean;
            groups: components["schemas"]["TimelineGroup"][];
            /** @description The cursor of the next page, if there is one. */
            next: string | null;
        };
        /** @description What one person did in one go. */
        TimelineGroup: {
            /** Format: int64 */
            deleted_chars: number;
            first_revision: components["schemas"]["Revision"];
            from: components["schemas"]["Time"];
            /** Format: int64 */
            inserted_chars: number;
            last_revision: components["schemas"]["Revision"];
            person: components["schemas"]["Writer"];
            to: components["schemas"]["Time"];
        };
        /** @description What a login gives. */
        Tokens: {
            access_token: string;
            /**
             * Format: int64
             * @description Seconds.
             */
            expires_in: number;
            /** @description Not there if a cookie was asked for. */
            refresh_token?: string;
            session: components["schemas"]["Id"];
            /** @description `Bearer`. */
            token_type: string;
            user: components["schemas"]["Account"];
        };
        TrashedDocument: {
            /** Format: int64 */
            bytes: number;
            id: components["schemas"]["Id"];
            name: string;
            /** @description From then on it may be gone. */
            purged_at: components["schemas"]["Time"];
            trashed_at: components["schemas"]["Time"];
        };
        TrashList: {
            documents: components["schemas"]["TrashedDocument"][];
        };
        /** @description Somebody as JSON shows him to others. */
        User: {
            id: components["schemas"]["Id"];
            login: string | null;
            name: string;
        };
        /**
         * @description What a user is, as JSON names it.
         * @enum {string}
         */
        UserKind: "person" | "guest" | "local";
        UserList: {
            users: components["schemas"]["User"][];
        };
        /** @description A state of the document that can be put back. */
        Version: {
            created_at: components["schemas"]["Time"];
            created_by: components["schemas"]["Writer"] | null;
            id: components["schemas"]["Id"];
            /** @description A version without a name was kept by the server. */
            name: string | null;
            revision: components["schemas"]["Revision"];
        };
        VersionPage: {
            /** @description The cursor of the next page, if there is one. */
            next: string | null;
            versions: components["schemas"]["Version"][];
        };
        /** @description Somebody who wrote. */
        Writer: {
            id: components["schemas"]["Id"] | null;
            kind: components["schemas"]["WriterKind"];
            name: string | null;
        };
        /** @enum {string} */
        WriterKind: "user" | "local" | "former" | "server";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Logged in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshToken"];
            };
        };
        responses: {
            /** @description The login has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Logged in anew. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    refreshTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshToken"];
            };
        };
        responses: {
            /** @description New tokens. The old refresh token is used up. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    register: {
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
            /** @description Log in with it. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registered"];
                };
            };
        };
    };
    restoreAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description The account is back, and logged in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    getDocsStyle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A style sheet. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                };
            };
        };
    };
    listDocuments: {
        parameters: {
            query?: {
                cursor?: components["schemas"]["Cursor"];
                limit?: components["schemas"]["PageLimit"];
                /** @description What the name must hold, in capitals or not. */
                search?: components["schemas"]["Search"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentPage"];
                };
            };
        };
    };
    createDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDocument"];
            };
        };
        responses: {
            /** @description It is there. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Document"];
                };
            };
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentWithRole"];
                };
            };
        };
    };
    trashDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It lies in the trash. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change it only if it is at this revision. */
                "If-Match"?: components["schemas"]["Condition"];
            };
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DocumentChange"];
            };
        };
        responses: {
            /** @description It is changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Document"];
                };
            };
        };
    };
    getBlame: {
        parameters: {
            query?: {
                /** @description The present one if it is left out. */
                revision?: components["schemas"]["Revision"];
            };
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All lines, from the first to the last. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Blame"];
                };
            };
        };
    };
    getContent: {
        parameters: {
            query?: {
                /** @description The present one if it is left out. */
                revision?: components["schemas"]["Revision"];
            };
            header?: {
                /** @description The revisions that are known. */
                "If-None-Match"?: components["schemas"]["KnownTags"];
            };
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The text. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    putContent: {
        parameters: {
            query?: {
                /** @description The revision that the text was made from. */
                base?: components["schemas"]["Revision"];
                /** @description Who writes, on a server without accounts. */
                person?: components["schemas"]["Name"];
            };
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
                /** @description Write only if the document is at this revision. */
                "If-Match"?: components["schemas"]["Condition"];
            };
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/plain": components["schemas"]["Text"];
            };
        };
        responses: {
            /** @description The document holds it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Committed"];
                };
            };
        };
    };
    getDifference: {
        parameters: {
            query: {
                format?: "json" | "unified";
                from: components["schemas"]["Revision"];
                /** @description The present one if it is left out. */
                to?: components["schemas"]["Revision"];
            };
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lines that went and lines that came. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Difference"];
                    "text/x-diff": string;
                };
            };
        };
    };
    getTimeline: {
        parameters: {
            query?: {
                cursor?: components["schemas"]["RevisionCursor"];
                limit?: components["schemas"]["PageLimit"];
            };
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
        };
    };
    getRevision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
                revision: components["schemas"]["Revision"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What it changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevisionChange"];
                };
            };
        };
    };
    restoreRevision: {
        parameters: {
            query?: {
                /** @description Who does it, on a server without accounts. */
                person?: components["schemas"]["Name"];
            };
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
            };
            path: {
                id: components["schemas"]["Id"];
                revision: components["schemas"]["Revision"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The text is what it was. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Committed"];
                };
            };
        };
    };
    listLinks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkList"];
                };
            };
        };
    };
    createLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLink"];
            };
        };
        responses: {
            /** @description It can be given away. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkWithSecret"];
                };
            };
        };
    };
    revokeLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
                link: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
        };
    };
    inviteMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
            };
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description He is a member. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
                user: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description He is none any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
                user: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            /** @description He has the role. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
        };
    };
    restoreDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
            };
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is back. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listVersions: {
        parameters: {
            query?: {
                cursor?: components["schemas"]["Cursor"];
                limit?: components["schemas"]["PageLimit"];
            };
            header?: never;
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionPage"];
                };
            };
        };
    };
    nameVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
            };
            path: {
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewVersion"];
            };
        };
        responses: {
            /** @description It has its name. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
        };
    };
    getVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
                version: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
        };
    };
    forgetVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["schemas"]["Id"];
                version: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is no version any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    restoreVersion: {
        parameters: {
            query?: {
                /** @description Who does it, on a server without accounts. */
                person?: components["schemas"]["Name"];
            };
            header?: {
                /** @description The same request under the same key is carried out once, however often it is sent. */
                "Idempotency-Key"?: components["schemas"]["Key"];
            };
            path: {
                id: components["schemas"]["Id"];
                version: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The text is what it was. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Committed"];
                };
            };
        };
    };
    listTrash: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The latest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrashList"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It lives. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    redeemLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Redemption"];
            };
        };
        responses: {
            /** @description Whoever is logged in is a member. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redeemed"];
                };
            };
            /** @description A guest is a member, and logged in. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RedeemedByGuest"];
                };
            };
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can work. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    findUsers: {
        parameters: {
            query: {
                /** @description The login, in capitals or not. */
                search: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The one, or nobody. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    deleteMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountDeletion"];
            };
        };
        responses: {
            /** @description The account is shut. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            /** @description It is changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
        };
    };
    endOtherSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They have ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getSocketHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are served. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SocketHealth"];
                };
            };
        };
    };
}
