import { z } from 'zod';

/** What RFC 3986 has in a URI, behind a scheme. */
const URI = /^[a-z][a-z\d+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]+$/i;

const isUri = (text: string): boolean => URI.test(text) && URL.canParse(text);
const isHttps = (text: string): boolean => text.startsWith('https:');
/** By the text, too: a URL takes `https:example.com` for one with a host. */
const hasHost = (text: string): boolean => /^https:\/\/[^/?#]/.test(text) && !new URL(text).hostname.startsWith('.');

/** An empty text stands for none. `label`: what the platform calls it. */
export const uri = (label: string) =>
  z.string().refine((text) => text === '' || isUri(text), { error: `${label} must be a valid URI` });

export const routeServiceUrl = uri('Route service url')
  .refine((text) => text === '' || isHttps(text), { error: 'Route service url must be https' })
  .refine((text) => !isUri(text) || !isHttps(text) || hasHost(text), {
    error: 'service_instance route_service_url_invalid',
  })
  .nullish();
