import { createServer, type TlsOptions as NodeTlsOptions, type Server } from 'node:tls';

/** HTTPS: texts in PEM. */
export interface TlsOptions {
  /** The certificate, and behind it those between it and the authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients' certificates. Clients are asked for one, and may have none: who may fetch what is decided later. */
  readonly clientCa?: string;
  /**
   * For phones that know nothing newer: TLS 1.0 and 1.1, too, cipher suites with CBC, SHA-1 and without forward secrecy,
   * RSA keys of 1024 bits (OpenSSL's SECLEVEL 0). It gives up, for those phones, that what was recorded stays secret when
   * the key is stolen later, and what protects against somebody who can alter their traffic (BEAST, Lucky Thirteen, forged
   * SHA-1). Phones that know TLS 1.2 or 1.3 still get it, and cannot be talked down from it.
   */
  readonly oldCiphers?: boolean;
  /** 48 bytes that session tickets are sealed with: with the same, a session goes on with any of several threads. */
  readonly ticketKeys?: Uint8Array;
}

/** ECDHE for forward secrecy, and ciphers that authenticate; what TLS 1.3 has comes before these anyway. */
const ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20';
const anyCiphers = 'DEFAULT:@SECLEVEL=0';

/** What makes handshakes. */
export interface Tls {
  readonly server: Server;
  /** Clients are asked for a certificate. */
  readonly asks: boolean;
}

/** Throws what OpenSSL says of a certificate, or of a key that does not belong to it. */
export function createTls(given: TlsOptions, handshake: number): Tls {
  const { cert, key, clientCa, oldCiphers = false, ticketKeys } = given;
  const options: NodeTlsOptions = {
    cert,
    key,
    minVersion: oldCiphers ? 'TLSv1' : 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: oldCiphers ? anyCiphers : ciphers,
    // Curl, for one, offers the second alone where it is told to speak it, and is turned away by who does not know it.
    ALPNProtocols: ['http/1.1', 'http/1.0'],
    handshakeTimeout: handshake,
    rejectUnauthorized: false,
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true }),
    ...(ticketKeys && { ticketKeys: Buffer.from(ticketKeys) }),
  };
  return { server: createServer(options), asks: clientCa !== undefined };
}

const faults: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'plain HTTP on the port of HTTPS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client knows no version of TLS that is allowed here',
  ERR_SSL_NO_SHARED_CIPHER: 'the client knows no cipher that is allowed here',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the client does not know the authority of our certificate',
  ERR_SSL_SSL_ALERT_CERTIFICATE_UNKNOWN: 'the client does not accept our certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the client does not accept our certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the client does not accept our certificate',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the client did not finish in time',
  ECONNRESET: 'the client closed the connection',
};

/** Why a handshake failed, for the log. */
export function handshakeFault(error: Error & { code?: string; reason?: string }): string {
  const { code = '', reason, message } = error;
  return faults[code] ?? `${reason ?? message}`;
}
