/** The one account of the page, handed to whatever needs to know who is here. */
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Api } from '../api/client';
import { Account, type Identity } from './account';

const Context = createContext<Account | null>(null);

export function AccountProvider(props: { readonly children: ReactNode }) {
  const [account] = useState(() => new Account());
  useEffect(() => {
    void account.start();
  }, [account]);
  return <Context value={account}>{props.children}</Context>;
}

export function useAccount(): Account {
  const account = useContext(Context);
  if (account === null) {
    throw new Error('useAccount outside of an AccountProvider');
  }
  return account;
}

export function useIdentity(): Identity {
  const account = useAccount();
  return useSyncExternalStore(account.subscribe, account.identity);
}

export function useApi(): Api {
  return useAccount().api;
}
