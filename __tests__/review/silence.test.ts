import { lawOfSilence } from './support/law-of-silence';
import { RESOURCE_TYPES } from './support/schema';
import { SILENT_WORLD } from './support/silent-world';

lawOfSilence({ provider: 'cloudfoundry/cloudfoundry', types: RESOURCE_TYPES, world: SILENT_WORLD });
