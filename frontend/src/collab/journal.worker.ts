/** The thread that brings journals to the disk: each message is a write, and is answered when it is there or refused. */
import { type JournalWrite, openDatabase, scribeOf } from './journal';

const scribe = openDatabase().then(scribeOf);

addEventListener('message', ({ data }: MessageEvent<readonly JournalWrite[]>) => {
  scribe
    .then((write) => write(data))
    .then(
      () => postMessage(true),
      () => postMessage(false),
    );
});
