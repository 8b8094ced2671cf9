'use strict';

const {StoreError} = require('../host/errors');
const {inMemoryLine} = require('../events/store-lines');
const {createNative} = require('../native/create-native');
const {storeRequest} = require('../store/store-options');

/**
 * Starts the native side, with the store that the options ask for.
 *
 * @param {object} manager - held weakly by the native side
 * @param {import('../../index').Options} options - checked
 * @param {{pump: (manager: object) => void, instance: string, logger: {warn: Function}, clusterLeadMs?: number}} with
 * @returns {{native: import('../native/binding').NativeManager, hasStore: boolean}}
 * @throws {StoreError} when the store cannot be opened, and its `onError` is not 'memory'
 */
function openNative(manager, {store, history, ...options}, {pump, instance, logger, clusterLeadMs}) {
    const create = (request) =>
        createNative({...options, store: request, clusterLeadMs}, manager, pump, instance);
    const request = storeRequest(store, history);
    try {
        return {native: create(request), hasStore: request !== undefined};
    } catch (error) {
        if (!String(error.code).startsWith('STORE_')) {
            throw error;
        }
        if (!request.goesOnInMemory) {
            throw new StoreError(error);
        }
        logger.warn(inMemoryLine(error));
        return {native: create(undefined), hasStore: false};
    }
}

module.exports = {openNative};
