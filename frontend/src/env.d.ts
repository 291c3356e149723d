interface ImportMetaEnv {
  readonly CODESYNC_API_ORIGIN?: string;
}
