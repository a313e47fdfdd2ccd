import { z } from 'zod';

/** A scheme, followed by the characters that RFC 3986 allows in a URI. */
const URI = /^[a-z][a-z\d+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]+$/i;

const isUri = (text: string): boolean => URI.test(text) && URL.canParse(text);
const isHttps = (text: string): boolean => text.startsWith('https:');
/** Checks the text as well, since `URL` takes `https:example.com` for a URL with a host. */
const hasHost = (text: string): boolean => /^https:\/\/[^/?#]/.test(text) && !new URL(text).hostname.startsWith('.');

/**
 * A URI, or an empty string for none.
 *
 * @param label the field's name in the platform's messages
 */
export const uri = (label: string) =>
  z.string().refine((text) => text === '' || isUri(text), { error: `${label} must be a valid URI` });

export const routeServiceUrl = uri('Route service url')
  .refine((text) => text === '' || isHttps(text), { error: 'Route service url must be https' })
  .refine((text) => !isUri(text) || !isHttps(text) || hasHost(text), {
    error: 'service_instance route_service_url_invalid',
  })
  .nullish();
