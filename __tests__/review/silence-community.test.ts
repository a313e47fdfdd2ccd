import { COMMUNITY } from '../../review/community';
import { COMMUNITY_SCHEMA } from './support/community-schema';
import { COMMUNITY_WORLD } from './support/community-world';
import { lawOfSilence } from './support/law-of-silence';

lawOfSilence({ provider: COMMUNITY, types: COMMUNITY_SCHEMA, world: COMMUNITY_WORLD });
